package journal

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// readBuffer is the size of a reader's buffer, in bytes; larger records are read
// into memory of their own.
const readBuffer = 256 << 10

// reader reads the records of one segment, which may grow meanwhile: what comes
// after its opening is not seen. Not safe for concurrent use.
type reader struct {
	header
	f      *os.File
	size   int64
	buf    *bufio.Reader
	offset int64 // of the record that next returns
	skip   int   // bytes of the one before that are still in buf
}

// record is what a reader returns; the body is good until the next call.
type record struct {
	offset int64
	kind   kind
	body   []byte
}

// openSegment opens a segment for reading. Nothing is cut off it until it is closed, even if
// a compaction replaces it. It fails with fs.ErrNotExist if one just has.
func openSegment(path string) (*reader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, wrap(err)
	}
	if !hold(f) || inPlace(f, path) != nil {
		f.Close()
		return nil, fmt.Errorf("journal: %w: %s", fs.ErrNotExist, path)
	}
	r := &reader{f: f, offset: int64(headerSize)}
	info, err := f.Stat()
	if err == nil {
		r.size = info.Size()
		r.header, err = readHeader(f, path)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	r.buf = bufio.NewReaderSize(io.LimitReader(f, r.size-r.offset), readBuffer)
	return r, nil
}

func (r *reader) close() { r.f.Close() }

// next returns the next record. Errors are io.EOF at the end, *DamageError where
// there is no whole record, or those of reading.
func (r *reader) next() (record, error) {
	r.buf.Discard(r.skip)
	r.skip = 0
	rest := r.size - r.offset
	if rest == 0 {
		return record{}, io.EOF
	}
	if rest < headSize {
		return record{}, r.damage(errShort)
	}
	head, err := r.buf.Peek(headSize)
	if err != nil {
		return record{}, r.damage(err)
	}
	size, err := recordSize(head, rest)
	if err != nil {
		return record{}, r.damage(err)
	}
	b, err := r.bytes(size)
	if err != nil {
		return record{}, r.damage(err)
	}
	k, body, _, err := parseRecord(b, r.salt)
	if err != nil {
		return record{}, r.damage(err)
	}
	rec := record{r.offset, k, body}
	r.offset += int64(size)
	return rec, nil
}

// bytes returns the next n bytes.
func (r *reader) bytes(n int) ([]byte, error) {
	if n <= r.buf.Size() {
		r.skip = n
		return r.buf.Peek(n)
	}
	b := make([]byte, n) // no more than the file has
	_, err := io.ReadFull(r.buf, b)
	return b, err
}

// damage says that there is no record at the offset, or that it cannot be read.
func (r *reader) damage(err error) error {
	switch {
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		err = errShort // cut since it was opened
	case errors.Is(err, errShort) || errors.Is(err, errLength) || errors.Is(err, errChecksum) || errors.Is(err, errBody):
	default:
		return fmt.Errorf("journal: %s: offset %d: %w", r.f.Name(), r.offset, err)
	}
	return &DamageError{r.f.Name(), r.offset, err.Error()}
}

// markAfter reports whether there is a mark anywhere behind offset: then what is
// at offset was safe once.
func (r *reader) markAfter(offset int64) (bool, error) {
	offset++
	if r.size <= offset {
		return false, nil
	}
	buf := bufio.NewReaderSize(io.NewSectionReader(r.f, offset, r.size-offset), readBuffer)
	for ; ; offset++ {
		b, err := buf.Peek(markSize)
		if err == io.EOF {
			return false, nil
		}
		if err != nil {
			return false, wrap(err)
		}
		if isMark(b, offset, r.salt) {
			return true, nil
		}
		buf.Discard(1)
	}
}

// readSegment hands the records of a segment to visit. ended says whether its
// last record is an end. In the newest segment it stops at a torn record, and
// returns why; otherwise that is an error.
func readSegment(r *reader, newest bool, visit func(record) error) (ended bool, torn *DamageError, err error) {
	for {
		rec, err := r.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			var damage *DamageError
			if !newest || !errors.As(err, &damage) {
				return false, nil, err
			}
			proof, scanErr := r.markAfter(damage.Offset)
			if scanErr != nil {
				return false, nil, scanErr
			}
			if proof {
				return false, nil, err
			}
			return ended, damage, nil
		}
		if ended {
			return false, nil, &DamageError{r.f.Name(), rec.offset, "a record behind the end"}
		}
		switch rec.kind {
		case kindMark, kindEnd:
			if len(rec.body) != 8 || binary.LittleEndian.Uint64(rec.body) != uint64(rec.offset) {
				return false, nil, &DamageError{r.f.Name(), rec.offset, "a mark of another place"}
			}
			ended = rec.kind == kindEnd
		}
		if err := visit(rec); err != nil {
			return false, nil, &DamageError{r.f.Name(), rec.offset, err.Error()}
		}
	}
	if !ended && !newest {
		return false, nil, &DamageError{r.f.Name(), r.size, "the end is missing"}
	}
	return ended, nil, nil
}

// openAll opens the segments of a journal for reading, and returns those that
// have been replaced by others before them apart.
func openAll(dir string) (segments, replaced []*reader, err error) {
	defer func() {
		if err != nil {
			closeAll(append(segments, replaced...))
			segments, replaced = nil, nil
		}
	}()
	numbers, err := listSegments(dir)
	if err != nil {
		return nil, nil, err
	}
	through := uint64(0)
	for _, n := range numbers {
		r, err := openSegment(segmentPath(dir, n))
		if err != nil {
			return segments, replaced, err
		}
		if n <= through {
			replaced = append(replaced, r)
			continue
		}
		segments = append(segments, r)
		switch {
		case r.number != n:
			return segments, replaced, &DamageError{r.f.Name(), 0, fmt.Sprintf("is segment %d", r.number)}
		case r.number != through+1:
			return segments, replaced, &DamageError{r.f.Name(), 0, fmt.Sprintf("segment %d before it is missing", through+1)}
		case r.epoch != segments[0].epoch:
			return segments, replaced, &DamageError{r.f.Name(), 0, "is of another journal"}
		}
		through = r.through
	}
	return segments, replaced, nil
}

func closeAll(readers []*reader) {
	for _, r := range readers {
		r.close()
	}
}
