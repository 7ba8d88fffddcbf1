//go:build e2e

package conformance

import (
	"crypto/tls"
	"path/filepath"
	"testing"

	process "wschat/cmd/wschat/e2e/target"
)

// target is a server and how to speak with it.
type target struct {
	name   string
	server *process.Server
	tls    *tls.Config // nil: in the clear
	offer  string      // Sec-WebSocket-Extensions, if any
}

// browserOffer is what browsers offer.
const browserOffer = "permessage-deflate; client_max_window_bits"

// targets starts a server for each way to run one: in the clear, with
// permessage-deflate, and with it over TLS.
func targets(t *testing.T, flags ...string) []*target {
	t.Helper()
	return []*target{plain(t, flags...), deflated(t, flags...), secure(t, flags...)}
}

func plain(t *testing.T, flags ...string) *target {
	return &target{name: "plain", server: start(t, flags...)}
}

func deflated(t *testing.T, flags ...string) *target {
	return &target{name: "deflate", offer: browserOffer, server: start(t, append(flags, "-compress")...)}
}

// secure speaks TLS with a certificate for this test alone.
func secure(t *testing.T, flags ...string) *target {
	t.Helper()
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	known := process.Certify(t, certFile, keyFile, 1)
	// A full handshake, and one with ML-KEM, costs more than a row.
	known.ClientSessionCache = tls.NewLRUClientSessionCache(8)
	known.CurvePreferences = []tls.CurveID{tls.X25519}
	server := start(t, append(flags, "-compress", "-tls-cert", certFile, "-tls-key", keyFile)...)
	return &target{name: "tls", offer: browserOffer, server: server, tls: known}
}
