package files

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"
)

// A file goes with its message, even if the server is killed between the two, or the answer of
// Redis is lost. So before a message is deleted, a note says which file it takes along. The note
// stays until the file has gone, or until the message has stayed for unsentTime.

// note is what doomed/KEY has in it; the key is made of the message.
type note struct {
	Conversation string `json:"conversation"`
	Seq          uint64 `json:"seq"`
	File         string `json:"file"`
}

func noteKey(conversation string, seq uint64) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", conversation, seq))
	return encoding.EncodeToString(sum[:16])
}

// Doom notes that a file is to go once message seq of a conversation is deleted. It blocks. Without
// the note, if there is no room for it, say, the file goes only if nothing comes between.
func (s *Store) Doom(id, conversation string, seq uint64) {
	if err := s.doom(note{conversation, seq, id}); err != nil {
		s.log.Error("file of a message that is to be deleted cannot be noted", "file", id, "error", err)
	}
}

func (s *Store) doom(n note) error {
	text, err := json.Marshal(n)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(s.path(doomedDir, noteKey(n.Conversation, n.Seq)), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close(), s.syncDirs(doomedDir))
}

// Deleted removes the file of a message that is deleted, and calls done. id is that of the file; "":
// if there is one, a note knows it. It does not block.
func (s *Store) Deleted(conversation string, seq uint64, id string, done func()) {
	s.running.Go(func() {
		defer done()
		key := noteKey(conversation, seq)
		if n, err := s.noted(key); err == nil {
			id = n.File
		}
		if isID(id) {
			s.removeSent(id, key)
		}
	})
}

func (s *Store) noted(key string) (n note, err error) {
	text, err := os.ReadFile(s.path(doomedDir, key))
	if err == nil {
		err = json.Unmarshal(text, &n)
	}
	return n, err
}

// removeSent removes a file, and then the note of it. If it fails, the note remains.
func (s *Store) removeSent(id, key string) {
	size, err := s.removeAt(sentDir, id)
	if err == nil {
		s.room.add(-size, 0)
		err = s.syncDirs(sentDir)
	}
	if err == nil || errors.Is(err, os.ErrNotExist) {
		err = os.Remove(s.path(doomedDir, key))
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		s.log.Error("file cannot be removed", "file", id, "error", err)
	}
}

// Attend sets the function that knows whether a message is deleted, or not kept any more. It may
// block. What is noted is looked through at once, and then every minute.
func (s *Store) Attend(isDeleted func(conversation string, seq uint64) (bool, error)) {
	select {
	case s.attended <- isDeleted:
	case <-s.stop:
	}
}

// sweepDoomed removes the files of messages that are deleted, and what is noted for nothing.
// Those of which isDeleted cannot tell are looked at again a minute later.
func (s *Store) sweepDoomed(isDeleted func(conversation string, seq uint64) (bool, error)) {
	var untold error
	err := s.each(doomedDir, func(e entry) {
		n, err := s.noted(e.id)
		if err != nil { // it was being written; the message was not deleted
			n = note{}
		}
		deleted := false
		if n.File != "" && untold == nil {
			deleted, untold = isDeleted(n.Conversation, n.Seq)
		}
		switch {
		case untold != nil:
		case deleted && isID(n.File):
			s.removeSent(n.File, e.id)
		case time.Since(e.at) > unsentTime:
			os.Remove(s.path(doomedDir, e.id))
		}
	})
	if err = errors.Join(err, untold); err != nil {
		s.log.Error("files of deleted messages cannot be looked through", "dir", s.config.Dir, "error", err)
	}
}
