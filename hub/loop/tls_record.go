package loop

const (
	recordHeader = 5 // RFC 8446 §5.1

	// maxRecord is the longest body of a record that crypto/tls reads (RFC 5246
	// §6.2.3). It refuses a longer one by its header.
	maxRecord = 16<<10 + 2048
)

// recordScan follows the boundaries of records in bytes that come piece by piece. The
// zero value is at a boundary.
type recordScan struct {
	header [recordHeader]byte
	seen   int // of the header
	body   int // bytes to come
}

// rest returns how many bytes of the header or the body have yet to come.
func (r *recordScan) rest() int {
	if r.body > 0 {
		return r.body
	}
	return recordHeader - r.seen
}

// pass advances by the bytes of b, which must not be longer than rest.
func (r *recordScan) pass(b []byte) {
	if r.body > 0 {
		r.body -= len(b)
		return
	}
	r.seen += copy(r.header[r.seen:], b)
	if r.seen == recordHeader {
		*r = recordScan{body: bodyLength(r.header[:])}
	}
}

// whole returns how many bytes of b belong to records that end within b, and advances by
// them. A record that is too long counts as whole, so that crypto/tls gets to refuse it.
func (r *recordScan) whole(b []byte) (n int) {
	scan := *r
	for at := 0; at < len(b); {
		k := min(scan.rest(), len(b)-at)
		scan.pass(b[at : at+k])
		at += k
		if scan.body > maxRecord {
			return len(b)
		}
		if scan == (recordScan{}) {
			*r, n = scan, at
		}
	}
	return n
}

func bodyLength(header []byte) int { return int(header[3])<<8 | int(header[4]) }
