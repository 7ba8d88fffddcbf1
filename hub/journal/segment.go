package journal

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const (
	magic      = "wschatj\n"
	version    = 3 // is written; 1 and 2 are read as well
	epochSize  = 8
	headerSize = len(magic) + 4 + epochSize + 8 + 8 + 4 + 4

	segmentSuffix = ".segment"
	partSuffix    = ".part" // a segment before it is whole

	shrinkStep = 1 << 20 // bytes that are given back to the file system at once: messages wait for it
)

// header begins each segment.
type header struct {
	epoch   string
	number  uint64
	through uint64 // the number of the last segment that it stands for
	salt    uint32
	version uint32
}

// newHeader returns a header with a random salt.
func newHeader(epoch string, number, through uint64) header {
	var salt [4]byte
	rand.Read(salt[:]) // never fails
	return header{epoch, number, through, binary.LittleEndian.Uint32(salt[:]), version}
}

// compacted reports whether old messages have been left out.
func (h *header) compacted() bool { return h.through > h.number }

func (h *header) append(b []byte) []byte {
	start := len(b)
	b = append(b, magic...)
	b = binary.LittleEndian.AppendUint32(b, version)
	b = append(b, h.epoch...)
	b = binary.LittleEndian.AppendUint64(b, h.number)
	b = binary.LittleEndian.AppendUint64(b, h.through)
	b = binary.LittleEndian.AppendUint32(b, h.salt)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b[start:], castagnoli))
}

// readHeader reads the header of the file at path. Errors are *DamageError,
// ErrVersion, or those of reading.
func readHeader(r io.Reader, path string) (h header, err error) {
	b := make([]byte, headerSize)
	if n, err := io.ReadFull(r, b); err == io.EOF || err == io.ErrUnexpectedEOF {
		return h, &DamageError{path, int64(n), "incomplete header"}
	} else if err != nil {
		return h, wrap(err)
	}
	if string(b[:len(magic)]) != magic {
		return h, &DamageError{path, 0, "not a segment"}
	}
	rest := b[len(magic):]
	if h.version = binary.LittleEndian.Uint32(rest); h.version == 0 || h.version > version {
		return h, fmt.Errorf("%w: %s: version %d, expected at most %d", ErrVersion, path, h.version, version)
	}
	if sum := crc32.Checksum(b[:headerSize-4], castagnoli); sum != binary.LittleEndian.Uint32(b[headerSize-4:]) {
		return h, &DamageError{path, 0, "wrong checksum of the header"}
	}
	rest = rest[4:]
	h.epoch = string(rest[:epochSize])
	rest = rest[epochSize:]
	h.number = binary.LittleEndian.Uint64(rest)
	h.through = binary.LittleEndian.Uint64(rest[8:])
	h.salt = binary.LittleEndian.Uint32(rest[16:])
	if h.number == 0 || h.through < h.number {
		return h, &DamageError{path, 0, "impossible numbers in the header"}
	}
	return h, nil
}

func segmentPath(dir string, number uint64) string {
	return filepath.Join(dir, fmt.Sprintf("%016d%s", number, segmentSuffix))
}

// listSegments returns the numbers of the segments in dir, in order.
func listSegments(dir string) ([]uint64, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, wrap(err)
	}
	var numbers []uint64
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), segmentSuffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(name, 10, 64)
		if err != nil || e.Name() != filepath.Base(segmentPath(dir, n)) {
			return nil, &DamageError{filepath.Join(dir, e.Name()), 0, "not the name of a segment"}
		}
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	return numbers, nil
}

// createPart makes a segment that is not yet part of the journal, with nothing
// but a header, synced. The caller renames or removes it.
func (s *Store) createPart(h header) (f *os.File, err error) {
	if err := s.isInPlace(); err != nil {
		return nil, err // or it would be made in another's directory
	}
	path := segmentPath(s.dir, h.number) + partSuffix
	if f, err = s.disk.create(path); err != nil {
		return nil, err
	}
	if err = s.disk.write(f, h.append(nil), 0); err == nil {
		err = s.disk.sync(f)
	}
	if err != nil {
		s.discardPart(f)
		return nil, err
	}
	return f, nil
}

// discardPart removes what did not become a segment. Should that fail, the next
// Open does it.
func (s *Store) discardPart(f *os.File) {
	f.Close()
	s.disk.remove(f.Name())
}

// install gives a part its name in the journal. It is there for good after
// syncDir.
func (s *Store) install(f *os.File) error {
	return s.disk.rename(f.Name(), strings.TrimSuffix(f.Name(), partSuffix))
}

// openSealed opens segments, so that they are there for shrink when their names are gone.
func (s *Store) openSealed(old []sealed) (files []*os.File, err error) {
	for _, f := range old {
		file, err := s.disk.open(segmentPath(s.dir, f.number))
		if err != nil {
			closeFiles(files)
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}

func closeFiles(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}

// shrink gives back the room of a file that has no name any more, step by step. To remove
// all of a large file is one change to the file system, for which each fsync waits. The
// name must be gone for good: what is left after a crash must not have it. What somebody
// reads is left to him.
func (s *Store) shrink(f *os.File, size int64) {
	if !claim(f) {
		return
	}
	for ; size > 0; size -= shrinkStep {
		select {
		case <-s.stop:
			return
		default:
		}
		if s.disk.truncate(f, max(0, size-shrinkStep)) != nil {
			return // what is left goes when f is closed
		}
	}
}
