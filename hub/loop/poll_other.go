//go:build !linux

package loop

func newPoller(bool) (poller, error) { return newParker(), nil }

// Without epoll every connection is a stream, and there are no bare descriptors.

func sysRead(int, []byte) (int, error)        { panic("loop: no descriptors on this system") }
func sysWrite(int, []byte, bool) (int, error) { panic("loop: no descriptors on this system") }
func sysCloseWrite(int)                       {}
func sysClose(int)                            {}
func sysBoundUnsent(int)                      {}
func sysForget(int)                           {}

func sysWriteTwo(int, []byte, []byte) (int, error) { panic("loop: no descriptors on this system") }
