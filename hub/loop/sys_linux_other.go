//go:build linux && !amd64 && !arm64

package loop

import "syscall"

// Some processors have no recvfrom of their own. The descriptors do not block.

func recv(fd int, p []byte) (int, syscall.Errno)         { return result(syscall.Read(fd, p)) }
func send(fd int, p []byte, _ bool) (int, syscall.Errno) { return result(syscall.Write(fd, p)) }

func result(n int, err error) (int, syscall.Errno) {
	errno, _ := err.(syscall.Errno)
	return max(n, 0), errno
}

func shutdown(fd, how int) error { return syscall.Shutdown(fd, how) }
