// Package wire has the two protocols that clients speak, the line protocol and JSON,
// as pure functions: bytes in, Request out, and what has happened in, bytes out. It
// knows neither who may do what nor who is connected.
//
// A protocol has one file for what it reads and one for what it writes:
//
//	protocol.go                  what both of them can do
//	request.go                   what either of them asks for
//	line.go, line_encode.go      the line protocol
//	json.go, json_encode.go      JSON
//	notice.go                    what both tell of others
package wire
