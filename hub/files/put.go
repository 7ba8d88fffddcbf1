package files

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"wschat/hub/chat"
)

const (
	// maxUploads bounds the uploads of one user at a time, on one node.
	maxUploads = 4
	// bufferSize is how many bytes of an upload are in memory.
	bufferSize = 32 << 10
	// syncSize is how many bytes are in one fsync: messages wait for it, too.
	syncSize = 1 << 20 // also what is reserved of the room at once
)

// Put stores a file of some size, which a user uploads. It is on disk whole when Put returns,
// or not at all. The name is CleanName's. The body fails if it is too slow or too short.
func (s *Store) Put(user, name string, size int64, body io.Reader) (chat.File, error) {
	if size > s.MaxFile() {
		return chat.File{}, ErrTooLarge
	}
	if err := s.begin(user); err != nil {
		return chat.File{}, err
	}
	defer s.end(user)
	u := upload{store: s, tail: tail{chat.File{Name: name, Size: size}, user}}
	stored, err := u.run(body)
	s.settle(u.reserved, stored)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		if errors.Is(err, ErrNoRoom) || isFull(err) {
			s.stats.Refused++
		}
		if isFull(err) {
			err = fmt.Errorf("%w: %w", ErrNoRoom, err)
		}
		return chat.File{}, err
	}
	s.stats.Stored++
	s.stats.Received += uint64(size)
	return u.File, nil
}

// begin counts an upload of a user.
func (s *Store) begin(user string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.uploads[user] >= maxUploads {
		return ErrTooMany
	}
	s.uploads[user]++
	s.stats.Uploading++
	return nil
}

func (s *Store) end(user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Uploading--
	if s.uploads[user]--; s.uploads[user] == 0 {
		delete(s.uploads, user)
	}
}

// upload is a file on its way to the disk.
type upload struct {
	store *Store
	tail
	part     *os.File
	reserved int64 // bytes of the room
}

// run stores the file. It returns how many bytes that takes on disk; 0: none.
func (u *upload) run(body io.Reader) (stored int64, err error) {
	s := u.store
	if s.neverFits(onDisk(u.Size + maxTail)) {
		return 0, ErrNoRoom
	}
	if err := u.reserve(0); err != nil {
		return 0, err
	}
	if u.part, u.ID, err = s.createPart(); err != nil {
		return 0, err
	}
	defer u.part.Close()
	if err = u.write(body); err == nil {
		err = os.Rename(u.part.Name(), s.path(newDir, u.ID))
	}
	if err != nil {
		return 0, errors.Join(err, os.Remove(u.part.Name()))
	}
	if err := s.syncDirs(newDir); err != nil {
		return 0, errors.Join(err, os.Remove(s.path(newDir, u.ID)))
	}
	info, err := u.part.Stat()
	if err != nil {
		return 0, errors.Join(err, os.Remove(s.path(newDir, u.ID)))
	}
	return onDisk(info.Size()), nil
}

// write writes the bytes and the tail, and syncs them.
func (u *upload) write(body io.Reader) error {
	head, err := u.copy(body)
	if err != nil {
		return err
	}
	u.Type = kindOf(head)
	u.Width, u.Height = sizeOf(u.Type, u.part)
	if _, err := u.part.Write(u.tail.append(nil)); err != nil {
		return err
	}
	return u.part.Sync()
}

// reserve sees to it that there is room for the next bytes. Room for more than these would cost
// others their files, though the bytes may never come.
func (u *upload) reserve(at int64) error {
	next := onDisk(min(u.Size, at+syncSize)+maxTail) - u.reserved
	if next <= 0 {
		return nil
	}
	if err := u.store.makeRoom(next); err != nil {
		return err
	}
	u.reserved += next
	return nil
}

// copy writes the bytes, and returns the first of them.
func (u *upload) copy(body io.Reader) (head []byte, err error) {
	buffer := make([]byte, min(bufferSize, max(u.Size, 1)))
	unsynced := 0
	for at := int64(0); at < u.Size; {
		n, err := io.ReadAtLeast(body, buffer[:min(int64(len(buffer)), u.Size-at)], 1)
		if err != nil {
			return nil, fmt.Errorf("files: after %d of %d bytes: %w", at, u.Size, err)
		}
		if len(head) < headSize {
			head = append(head, buffer[:min(n, headSize-len(head))]...)
		}
		if _, err := u.part.Write(buffer[:n]); err != nil {
			return nil, err
		}
		at += int64(n)
		if unsynced += n; unsynced < syncSize {
			continue
		}
		unsynced = 0
		if err := errors.Join(u.reserve(at), u.part.Sync()); err != nil {
			return nil, err
		}
	}
	return head, nil
}

// isFull reports whether an error of the disk is for want of room.
func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
}
