package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"wschat/handshake"
	"wschat/hub/chat"
)

// presence is the value of -presence.
type presence struct{ chat.Presence }

var presences = map[string]chat.Presence{"all": chat.ToAll, "group": chat.ToGroup, "none": chat.ToNone}

func (p *presence) String() string {
	for name, value := range presences {
		if value == p.Presence {
			return name
		}
	}
	return ""
}

func (p *presence) Set(s string) error {
	value, ok := presences[s]
	if !ok {
		return errors.New("expected all, group or none")
	}
	p.Presence = value
	return nil
}

// originList is the value of -allow-origin, as handshake.CheckOrigin takes it.
type originList []string

func (l *originList) String() string { return strings.Join(*l, ",") }

func (l *originList) Set(s string) (err error) {
	*l, err = parseList(s, handshake.ParseOrigin)
	return err
}

// parseList reads comma-separated entries, of which empty ones do not count.
func parseList[T any](s string, parse func(string) (T, error)) (list []T, err error) {
	for text := range strings.SplitSeq(s, ",") {
		text = strings.TrimSpace(text)
		if text == "" {
			continue
		}
		entry, err := parse(text)
		if err != nil {
			return nil, entryError(err, text)
		}
		list = append(list, entry)
	}
	return list, nil
}

// entryError says which entry of a list is wrong, unless a password may be in it: flag
// puts the whole value before this error, and withoutCredentials would overwrite
// everything from the first "://" to the last "@".
func entryError(err error, entry string) error {
	if _, _, ok := credentials(entry); ok {
		return err
	}
	return fmt.Errorf("%w, got %q", err, entry)
}

// logFormat is the value of -log.
type logFormat struct{ json bool }

func (f *logFormat) String() string {
	if f.json {
		return "json"
	}
	return "text"
}

func (f *logFormat) Set(s string) error {
	if s != "text" && s != "json" {
		return errors.New("expected text or json")
	}
	f.json = s == "json"
	return nil
}

func (o *options) logger(w io.Writer) *slog.Logger {
	if o.log.json {
		return slog.New(slog.NewJSONHandler(w, nil))
	}
	return slog.New(slog.NewTextHandler(w, nil))
}

// errRedisURL does not repeat the value, since it may hold a password. It has no "@":
// withoutCredentials would take what stands before that for one.
var errRedisURL = errors.New("expected redis://host[:port][/db] or rediss://host[:port][/db][?ca=FILE], with or without user and password; see -help")
