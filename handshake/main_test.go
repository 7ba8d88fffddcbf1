package handshake

import (
	"io"
	"net"
	"os"
	"testing"
	"time"

	"wschat/frame/leaktest"
)

func TestMain(m *testing.M) { os.Exit(leaktest.Run(m)) }

// patience bounds what a test waits for; reaching it is a failure.
const patience = 5 * time.Second

func send(t *testing.T, conn net.Conn, s string) {
	t.Helper()
	if _, err := io.WriteString(conn, s); err != nil {
		t.Fatal(err)
	}
}
