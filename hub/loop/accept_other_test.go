//go:build !linux

package loop

// sendsAtOnce is true where package net has made the socket.
func sendsAtOnce(*Conn) bool { return true }
