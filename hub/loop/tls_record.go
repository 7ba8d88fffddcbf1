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
// them.
func (r *recordScan) whole(b []byte) int {
	scan, n := *r, 0
	for scan != (recordScan{}) {
		if n == len(b) {
			return 0
		}
		k := min(scan.rest(), len(b)-n)
		scan.pass(b[n : n+k])
		n += k
	}
	*r = recordScan{}
	return n + wholeRecords(b[n:])
}

func bodyLength(header []byte) int { return int(header[3])<<8 | int(header[4]) }

// wholeRecords returns how many bytes at the front of b are whole records. A record that is
// too long counts as whole, so that crypto/tls gets to refuse it.
func wholeRecords(b []byte) int {
	n := 0
	for len(b)-n >= recordHeader {
		body := bodyLength(b[n:])
		if body > maxRecord {
			return len(b)
		}
		if len(b)-n < recordHeader+body {
			break
		}
		n += recordHeader + body
	}
	return n
}
