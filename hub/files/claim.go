package files

import (
	"errors"
	"os"
	"time"

	"wschat/hub/chat"
)

// repeatTime is how long a send may be repeated with its id (PROTOCOL 6), less what the clocks
// of nodes may differ.
const repeatTime = 9 * time.Minute

// Claim takes a file for a message to a conversation, of the user who has uploaded it, and
// returns what the message says of it. request is the id of the send, or "": the same send may
// claim it again, and again tells that it has. The error is chat.ErrNoFile if there is no such
// file, or another message has it. With chat.ErrUnavailable, nothing is changed.
func (s *Store) Claim(id, user, conversation, request string) (text string, again bool, err error) {
	if !isID(id) {
		return "", false, chat.ErrNoFile
	}
	text, again, err = s.claim(id, user, newClaim(user, conversation, request))
	switch {
	case err == nil:
		return text, again, nil
	case errors.Is(err, os.ErrNotExist), errors.Is(err, chat.ErrNoFile):
		return "", false, chat.ErrNoFile
	}
	s.log.Error("file cannot be sent", "file", id, "error", err)
	return "", false, chat.ErrUnavailable
}

// claim takes a file that nobody has sent. The claim is safe before the file has its new name: so
// a file that a crash left behind there can be claimed again by the send that has taken it.
func (s *Store) claim(id, user string, by claim) (text string, again bool, err error) {
	from, to := s.path(newDir, id), s.path(sentDir, id)
	f, err := os.OpenFile(from, os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		text, err = s.repeat(id, user, by)
		return text, true, err
	}
	if err != nil {
		return "", false, err
	}
	defer f.Close()
	if err := holdWhenFree(f); err != nil {
		return "", false, err
	}
	if !isAt(f, from) { // another claim was first
		text, err = s.repeat(id, user, by)
		return text, true, err
	}
	t, _, err := readTail(f)
	switch {
	case err != nil:
		return "", false, err
	case t.User != user:
		return "", false, chat.ErrNoFile
	}
	if err := errors.Join(by.write(f), f.Sync()); err != nil {
		return "", false, err
	}
	if err := os.Rename(from, to); err != nil {
		return "", false, err
	}
	if err := s.syncDirs(sentDir, newDir); err != nil {
		return "", false, errors.Join(err, os.Rename(to, from))
	}
	return t.Text(), false, nil
}

// repeat claims a file once more by the send that has sent it.
func (s *Store) repeat(id, user string, by claim) (string, error) {
	f, err := os.Open(s.path(sentDir, id))
	if err != nil {
		return "", err
	}
	defer f.Close()
	t, c, err := readTail(f)
	if err != nil {
		return "", err
	}
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	if t.User != user || by != c || by == (claim{}) || time.Since(info.ModTime()) > repeatTime {
		return "", chat.ErrNoFile
	}
	return t.Text(), nil
}

// GiveBack undoes a claim, but none that was one again, whose message is not stored, and calls
// done. It does not block.
func (s *Store) GiveBack(id string, done func()) {
	s.running.Go(func() {
		defer done()
		if !isID(id) {
			return
		}
		if err := os.Rename(s.path(sentDir, id), s.path(newDir, id)); err != nil && !errors.Is(err, os.ErrNotExist) {
			s.log.Error("file cannot be given back", "file", id, "error", err)
		}
	})
}

// removeAt removes a file, and returns how many bytes it took.
func (s *Store) removeAt(dir, id string) (size int64, err error) {
	path := s.path(dir, id)
	info, err := os.Lstat(path)
	if err != nil {
		return 0, err
	}
	if err := os.Remove(path); err != nil {
		return 0, err
	}
	return onDisk(info.Size()), nil
}
