//go:build e2e && linux

package living

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// entry is one of a conversation, as a message event or a history has it.
type entry struct {
	Seq       uint64  `json:"seq"`
	From      string  `json:"from"`
	To        string  `json:"to"`
	Text      string  `json:"text,omitempty"`
	Reply     uint64  `json:"reply,omitempty"`
	Edit      uint64  `json:"edit,omitempty"`
	Delete    uint64  `json:"delete,omitempty"`
	React     uint64  `json:"react,omitempty"`
	Was       string  `json:"was,omitempty"`
	Time      string  `json:"time,omitempty"`
	Edited    string  `json:"edited,omitempty"`
	Deleted   bool    `json:"deleted,omitempty"`
	Reactions []tally `json:"reactions,omitempty"`
}

type tally struct {
	Text  string   `json:"text"`
	Count int      `json:"count"`
	Users []string `json:"users"`
}

// amends is the number of the message that e changes; 0: none.
func (e entry) amends() uint64 { return max(e.Edit, e.Delete, e.React) }

// about is the number that e names; 0: none.
func (e entry) about() uint64 { return max(e.amends(), e.Reply) }

func (e entry) String() string {
	text, _ := json.Marshal(e)
	return string(text)
}

// model is what was acknowledged, and what was refused. Safe for concurrent use.
type model struct {
	history uint64 // -history

	mu       sync.Mutex
	entries  map[string]map[uint64]entry
	times    map[string]map[uint64]string // of all that anybody was told
	gone     map[string]int               // texts that an edit or a deletion has ended: the how manieth
	refusals []refusal
	dropped  []drop
	wrong    []string
}

// refusal is of something that named a message which may have been there.
type refusal struct {
	of   string
	e    entry
	code string
	last uint64 // how many entries were acknowledged by then
}

// drop is a history that began behind what was asked for.
type drop struct {
	of    string
	first uint64
}

func newModel(history int) *model {
	m := &model{history: uint64(history)}
	m.clear()
	return m
}

func (m *model) clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.entries, m.times = make(map[string]map[uint64]entry), make(map[string]map[uint64]string)
	m.gone, m.refusals, m.dropped = make(map[string]int), nil, nil
}

// conversationOf is the name that all have for a conversation.
func conversationOf(user, other string) string {
	if other == "all" || strings.HasPrefix(other, "group") {
		return other
	}
	return min(user, other) + "," + max(user, other)
}

func (m *model) acked(of string, e entry) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.entries[of] == nil {
		m.entries[of] = make(map[uint64]entry)
	}
	if other, ok := m.entries[of][e.Seq]; ok {
		m.wrong = append(m.wrong, fmt.Sprintf("%s: the number of %v is that of %v", of, e, other))
	}
	m.entries[of][e.Seq] = e
	for _, old := range m.entries[of] {
		about := max(e.Edit, e.Delete)
		if about > 0 && (old.Seq == about || old.Edit == about) && (old.Seq < e.Seq || e.Delete > 0) && m.gone[old.Text] == 0 {
			m.gone[old.Text] = len(m.gone) + 1
		}
	}
}

// goneNow is a moment: texts that are gone by then are in no answer to what is asked later.
func (m *model) goneNow() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.gone)
}

func (m *model) wasGone(text string, moment int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	n, gone := m.gone[text]
	return gone && n <= moment
}

// told notes the time of an entry, which is the same for all.
func (m *model) told(of string, e entry) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.times[of] == nil {
		m.times[of] = make(map[uint64]string)
	}
	if time, ok := m.times[of][e.Seq]; ok && time != e.Time || e.Time == "" {
		m.wrong = append(m.wrong, fmt.Sprintf("%s: %s is told as the time of %v", of, time, e))
	}
	m.times[of][e.Seq] = e.Time
}

func (m *model) timesOf(of string) map[uint64]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.times[of])
}

// conversations are those in which anything was acknowledged.
func (m *model) conversations() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.entries))
}

func (m *model) refused(of string, e entry, code string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refusals = append(m.refusals, refusal{of, e, code, uint64(len(m.entries[of]))})
}

func (m *model) begins(of string, first uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dropped = append(m.dropped, drop{of, first})
}

// acknowledged returns the entries of a conversation by their order, and what is missing.
func (m *model) acknowledged(of string) (list []entry, missing []uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for seq := uint64(1); len(list) < len(m.entries[of]); seq++ {
		if e, ok := m.entries[of][seq]; ok {
			list = append(list, e)
		} else {
			missing = append(missing, seq)
		}
	}
	return list, missing
}

// message is how a message reads.
type message struct {
	Seq       uint64
	From, To  string
	Text      string
	Reply     uint64
	Edited    uint64 // the edit that it reads by; 0: as it was sent
	Deleted   bool
	Reactions []reaction // the earliest first
}

type reaction struct{ User, Text string }

// reads folds entries 1, 2, …: how message seq reads after the last of them.
func reads(entries []entry, seq uint64) message {
	e := entries[seq-1]
	m := message{Seq: seq, From: e.From, To: e.To, Text: e.Text, Reply: e.Reply}
	for _, a := range entries[seq:] {
		switch seq {
		case a.Edit:
			m.Text, m.Edited = a.Text, a.Seq
		case a.Delete:
			m.Deleted = true
		case a.React:
			m.Reactions = slices.DeleteFunc(m.Reactions, func(r reaction) bool { return r.User == a.From })
			if a.Text != "" {
				m.Reactions = append(m.Reactions, reaction{a.From, a.Text})
			}
		}
	}
	if m.Deleted {
		m.Text, m.Edited, m.Reactions = "", 0, nil
	}
	return m
}

func (m message) reactionOf(user string) string {
	for _, r := range m.Reactions {
		if r.User == user {
			return r.Text
		}
	}
	return ""
}

// tallies counts the reactions.
func (m message) tallies() (tallies []tally) {
	for _, r := range m.Reactions {
		i := slices.IndexFunc(tallies, func(t tally) bool { return t.Text == r.Text })
		if i < 0 {
			i = len(tallies)
			tallies = append(tallies, tally{Text: r.Text})
		}
		tallies[i].Count++
		tallies[i].Users = append(tallies[i].Users, r.User)
	}
	return tallies
}

// shown is how a history has entry seq, when these are all. times are those of the entries.
func shown(entries []entry, seq uint64, times map[uint64]string) entry {
	e := entries[seq-1]
	switch {
	case e.Edit > 0:
		e.Text = reads(entries, e.Edit).Text
	case e.React > 0:
		e.Text = reads(entries, e.React).reactionOf(e.From)
	case e.Delete == 0:
		m := reads(entries, seq)
		e.Text, e.Deleted, e.Reactions = m.Text, m.Deleted, m.tallies()
		e.Edited = times[m.Edited]
	}
	return e
}
