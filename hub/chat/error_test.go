package chat

import (
	"errors"
	"testing"
)

// The kinds of errors that share a code are told apart.
func TestErrorIs(t *testing.T) {
	if errors.Is(ErrNoComma, ErrEmptyBody) {
		t.Error("two errors with one code are the same")
	}
	err := error(ErrNotOnline.About("B"))
	if !errors.Is(err, ErrNotOnline) || err.Error() != "chat: not_online: B" {
		t.Errorf("%v is not ErrNotOnline", err)
	}
	if ErrNotOnline.Subject != "" {
		t.Error("about has changed ErrNotOnline")
	}
}
