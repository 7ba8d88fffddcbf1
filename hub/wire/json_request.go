package wire

import (
	"bytes"
	"fmt"
	"time"

	"wschat/hub/chat"
)

// How many of something an answer has if the client sets no limit, and at most.
const (
	usualHistory, maxHistory = 50, 200
	usualSearch, maxSearch   = chat.UsualFound, chat.MaxFound
	usualGroups, maxGroups   = 100, 1000
)

func (f *fields) send(r *Request) (err error) {
	if r.Target, err = f.target(fieldTo); err != nil {
		return err
	}
	if r.Body, err = f.text(fieldText); err != nil {
		return err
	}
	if err = f.about(r); err != nil {
		return err
	}
	if err = f.file(r); err != nil {
		return err
	}
	switch {
	case r.Kind == chat.Deletion:
		r.Body = nil
	case r.Kind == chat.Reaction:
		if len(r.Body) > chat.MaxReaction {
			return chat.ErrBadField.About(fmt.Sprintf("text to have at most %d bytes, as a reaction", chat.MaxReaction))
		}
	case len(r.Body) == 0 && r.File == "":
		return chat.ErrEmptyBody
	}
	return nil
}

// file finds out which file comes with a message: none with an amendment.
func (f *fields) file(r *Request) error {
	if f[fieldFile] == nil {
		return nil
	}
	id, err := f.text(fieldFile)
	if err == nil && (len(id) == 0 || r.Kind.Amends()) {
		err = chat.ErrBadField.About("file to be the id of one, in a message or a reply")
	}
	r.File = string(id)
	return err
}

// about finds out what a message is to another one.
func (f *fields) about(r *Request) error {
	for i, kind := range [...]chat.Kind{chat.Reply, chat.Edit, chat.Deletion, chat.Reaction} {
		name := fieldReply + field(i)
		if f[name] == nil {
			continue
		}
		if r.Kind != chat.Plain {
			return chat.ErrTwoKinds
		}
		seq, err := f.number(name)
		if err != nil {
			return err
		}
		r.Kind, r.About = kind, seq
	}
	return nil
}

func (f *fields) who(r *Request) (err error) {
	if f[fieldGroup] != nil {
		if r.Target, err = f.group(); err != nil {
			return err
		}
	}
	r.Away, err = f.flag(fieldAway)
	return err
}

func (f *fields) history(r *Request) (err error) {
	if r.Target, err = f.target(fieldOf); err != nil {
		return err
	}
	if r.Query.Limit, err = f.limit(usualHistory, maxHistory); err != nil {
		return err
	}
	for i, direction := range [...]chat.Direction{chat.Before, chat.After, chat.Around} {
		name := fieldBefore + field(i)
		if f[name] == nil {
			continue
		}
		if r.Query.Direction != chat.Newest {
			return chat.ErrBadField.About("one of before, after and around at most")
		}
		r.Query.Direction = direction
		if r.Query.Seq, err = f.number(name); err != nil {
			return err
		}
	}
	return nil
}

func (f *fields) mark(r *Request) (err error) {
	if r.Target, err = f.target(fieldOf); err != nil {
		return err
	}
	given := f[fieldRead] != nil
	if given {
		if r.Marks.Read, err = f.number(fieldRead); err != nil {
			return err
		}
	}
	for i, flag := range [...]chat.MarkFlags{chat.Mute, chat.Hide, chat.Pin} {
		name := fieldMute + field(i)
		if f[name] == nil {
			continue
		}
		given = true
		switch set, err := f.flag(name); {
		case err != nil:
			return err
		case set:
			r.Marks.Set |= flag
		default:
			r.Marks.Clear |= flag
		}
	}
	if !given {
		return chat.ErrNoMark
	}
	return nil
}

func (f *fields) typing(r *Request) (err error) {
	if r.Target, err = f.target(fieldTo); err == nil && r.Target == chat.Everyone {
		err = chat.ErrTypingToAll
	}
	return err
}

func (f *fields) search(r *Request) (err error) {
	if r.Body, err = f.text(fieldText); err != nil {
		return err
	}
	if len(bytes.TrimSpace(r.Body)) == 0 {
		return chat.ErrEmptyBody
	}
	if f[fieldOf] != nil {
		if r.Target, err = f.target(fieldOf); err != nil {
			return err
		}
	}
	if f[fieldBefore] != nil {
		if r.Target == "" {
			return chat.ErrBadField.About("of, since before counts in one conversation")
		}
		r.Query.Direction = chat.Before
		if r.Query.Seq, err = f.number(fieldBefore); err != nil {
			return err
		}
	}
	r.Query.Limit, err = f.limit(usualSearch, maxSearch)
	return err
}

func (f *fields) groups(r *Request) (err error) {
	prefix, err := f.text(fieldPrefix)
	if err != nil {
		return err
	}
	after, err := f.text(fieldAfter)
	if err != nil {
		return err
	}
	// No name is longer: what is cut off changes nothing.
	r.Prefix = string(prefix[:min(len(prefix), chat.MaxName+1)])
	r.After = string(after[:min(len(after), chat.MaxName+1)])
	r.Query.Limit, err = f.limit(usualGroups, maxGroups)
	return err
}

func (f *fields) topic(r *Request) (err error) {
	if r.Target, err = f.group(); err != nil {
		return err
	}
	if r.Body, err = f.text(fieldText); err == nil && len(r.Body) > chat.MaxTopic {
		err = chat.ErrBadField.About(fmt.Sprintf("text to have at most %d bytes, as a topic", chat.MaxTopic))
	}
	return err
}

func (f *fields) kick(r *Request) error {
	user, err := f.text(fieldUser)
	if err != nil {
		return err
	}
	if !chat.ValidUser(string(user)) {
		return chat.ErrBadUser
	}
	r.User = string(user)
	span, err := f.text(fieldFor)
	if err != nil || span == nil {
		return err
	}
	if r.Ban, err = time.ParseDuration(string(span)); err != nil || r.Ban <= 0 {
		return chat.ErrBadField.About("for to be a duration such as 10m")
	}
	return nil
}
