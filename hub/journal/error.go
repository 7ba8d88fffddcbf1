package journal

import (
	"errors"
	"fmt"
)

// What can be wrong with a journal or with an append; compare with errors.Is.
// A system call's own error, syscall.ENOSPC say, can be found that way, too.
var (
	ErrLocked  = errors.New("journal: in use by another process")
	ErrDamaged = errors.New("journal: damaged")
	ErrVersion = errors.New("journal: written by another version")
	ErrBacklog = errors.New("journal: too much waits for the disk")
	ErrLarge   = errors.New("journal: message too large")
	ErrClosed  = errors.New("journal: closed")
	ErrGone    = errors.New("journal: removed or renamed")
)

// DamageError says where a journal cannot be read. It is an ErrDamaged.
type DamageError struct {
	File   string // its path
	Offset int64  // of the record, in bytes
	Reason string
}

// Error names the file, the offset and the reason.
func (e *DamageError) Error() string {
	return fmt.Sprintf("journal: damaged: %s: offset %d: %s", e.File, e.Offset, e.Reason)
}

// Unwrap makes it an ErrDamaged.
func (e *DamageError) Unwrap() error { return ErrDamaged }
