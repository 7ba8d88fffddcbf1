// Package wire has the two protocols that clients speak, the line protocol and JSON,
// as pure functions: bytes in, Request out, and events in, bytes out. It knows neither
// who may do what nor who is connected.
//
// Each protocol has one file that reads and one that writes:
//
//	protocol.go                  the interface of both
//	request.go                   requests, in either
//	line.go, line_encode.go      the line protocol
//	json.go, json_encode.go      JSON
//	notice.go                    logins, exits, joins and leaves, in both
package wire
