package loop

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// rawTLS is a client that has shaken hands by crypto/tls, and then sends and reads
// records of TLS 1.3 by itself: crypto/tls has no way to send most of them.
type rawTLS struct {
	t       testing.TB
	tcp     net.Conn
	in, out direction
}

// The types of records (RFC 8446 §5.1).
const (
	alertRecord     = 21
	handshakeRecord = 22
	dataRecord      = 23
)

// direction protects the records of one (RFC 8446 §5.2, §5.3).
type direction struct {
	secret []byte
	aead   cipher.AEAD
	iv     []byte
	seq    uint64
}

func newDirection(t testing.TB, secret []byte) direction {
	block, err := aes.NewCipher(expandLabel(t, secret, "key", 16))
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	return direction{secret: secret, aead: aead, iv: expandLabel(t, secret, "iv", 12)}
}

// expandLabel is HKDF-Expand-Label without a context (RFC 8446 §7.1).
func expandLabel(t testing.TB, secret []byte, label string, n int) []byte {
	label = "tls13 " + label
	info := binary.BigEndian.AppendUint16(nil, uint16(n))
	info = append(append(append(info, byte(len(label))), label...), 0)
	key, err := hkdf.Expand(sha256.New, secret, string(info), n)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// nonce is that of the next record.
func (d *direction) nonce() []byte {
	nonce := bytes.Clone(d.iv)
	for i := range 8 {
		nonce[len(nonce)-1-i] ^= byte(d.seq >> (8 * i))
	}
	d.seq++
	return nonce
}

// newRawTLS takes over a connection whose handshake is done, with what has been
// written to its Config.KeyLogWriter.
func newRawTLS(t testing.TB, conn *tls.Conn, keys string) *rawTLS {
	t.Helper()
	if s := conn.ConnectionState(); s.Version != tls.VersionTLS13 || s.CipherSuite != tls.TLS_AES_128_GCM_SHA256 {
		t.Fatalf("speaks %s with %s", tls.VersionName(s.Version), tls.CipherSuiteName(s.CipherSuite))
	}
	secret := func(label string) []byte {
		for line := range strings.Lines(keys) {
			if fields := strings.Fields(line); len(fields) == 3 && fields[0] == label {
				secret, err := hex.DecodeString(fields[2])
				if err != nil {
					t.Fatal(err)
				}
				return secret
			}
		}
		t.Fatalf("no %s in %q", label, keys)
		return nil
	}
	return &rawTLS{t, conn.NetConn(), newDirection(t, secret("SERVER_TRAFFIC_SECRET_0")), newDirection(t, secret("CLIENT_TRAFFIC_SECRET_0"))}
}

// record is one as it goes over the wire.
func (r *rawTLS) record(kind byte, content []byte) []byte {
	inner := append(bytes.Clone(content), kind)
	header := binary.BigEndian.AppendUint16([]byte{dataRecord, 3, 3}, uint16(len(inner)+r.out.aead.Overhead()))
	return r.out.aead.Seal(bytes.Clone(header), r.out.nonce(), inner, header)
}

func (r *rawTLS) send(records ...[]byte) {
	r.t.Helper()
	if _, err := r.tcp.Write(bytes.Join(records, nil)); err != nil {
		r.t.Fatal(err)
	}
}

// next reads a record.
func (r *rawTLS) next() (kind byte, content []byte, err error) {
	r.tcp.SetReadDeadline(time.Now().Add(deadline))
	header := make([]byte, recordHeader)
	if _, err := io.ReadFull(r.tcp, header); err != nil {
		return 0, nil, err
	}
	body := make([]byte, bodyLength(header))
	if _, err := io.ReadFull(r.tcp, body); err != nil {
		return 0, nil, err
	}
	inner, err := r.in.aead.Open(nil, r.in.nonce(), body, header)
	if err != nil {
		return 0, nil, err
	}
	inner = bytes.TrimRight(inner, "\x00")
	return inner[len(inner)-1], inner[:len(inner)-1], nil
}

// want expects a record, behind the tickets that the server may send.
func (r *rawTLS) want(kind byte, content []byte) {
	r.t.Helper()
	got, b, err := r.next()
	const newSessionTicket = 4
	for err == nil && got == handshakeRecord && b[0] == newSessionTicket {
		got, b, err = r.next()
	}
	if err != nil || got != kind || !bytes.Equal(b, content) {
		r.t.Fatalf("got a record %d %.60q, %v; want %d %.60q", got, b, err, kind, content)
	}
}

// keyUpdate is that message (RFC 8446 §4.6.3).
func keyUpdate(requested bool) []byte {
	if requested {
		return []byte{24, 0, 0, 1, 1}
	}
	return []byte{24, 0, 0, 1, 0}
}

// update goes on to the next keys of a direction.
func (r *rawTLS) update(d *direction) {
	*d = newDirection(r.t, expandLabel(r.t, d.secret, "traffic upd", sha256.Size))
}

// alert is what is in an alert record: its level, which says nothing in TLS 1.3,
// and its description.
func alert(description byte) []byte {
	const warning, fatal = 1, 2
	if description == closeNotify {
		return []byte{warning, description}
	}
	return []byte{fatal, description}
}

const (
	closeNotify       = 0
	unexpectedMessage = 10
	badRecordMAC      = 20
	recordOverflow    = 22
)
