// Package soak lets a crowd live with the built binary for a while: users who
// come, talk, crash, stop reading or speak nonsense, and a server that is
// restarted under them. In the end nothing may be left over. A second test has 50
// attackers do everything of package fair beside them. The tests have the build tag
// soak; `make soak` runs each for SOAK, 10 minutes if that is not set:
//
//	make soak SOAK=20s
package soak
