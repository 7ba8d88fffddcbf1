package redis

import (
	"time"

	"wschat/hub/chat"
	"wschat/hub/redis/resp"
)

// amend is append for a message that is about another one. mark and seq are what the node
// knows of the conversation.
func (s *Store) amend(m *chat.Message, away bool, since int64, mark string, seq uint64, done func(away bool, err error)) {
	key, missed := conversationKey(m.Conversation), ""
	if since > 0 {
		missed = m.To
	}
	to := recipient(m)
	if m.From == "" {
		to = "" // it gets that of the message that it deletes
	}
	args := append(make([]any, 0, 20), amendScript)
	if m.ID != "" {
		args = append(args, resp.Key(key+":i:"+m.From))
	}
	args = append(args, resp.Key(key+":x"), resp.Key(key+":l"), said(m), s.config.Keep, s.clock.deadline(), mark, seq, m.ID,
		missed, since, chat.MaxWaiting, chat.MaxWaitingBytes,
		flagOf(m), m.From, to, m.About, flag(m.Moderator), flag(away))
	failed := func(err error) { done(false, err) }
	s.send(key, failed, func(r resp.Reply) { s.amendedBy(m, away, r, done) }, args...)
}

// amendedBy takes the reply to amendScript.
func (s *Store) amendedBy(m *chat.Message, away bool, r resp.Reply, done func(away bool, err error)) {
	list, err := r.Array()
	switch {
	case err == nil && len(list) == 1: // it changes nothing
		done(away, nil)
		return
	case err == nil && len(list) == 3:
		answerRepeated(m, r, done)
		return
	}
	var micros, freed int64
	var to, author string
	if err != nil || r.Scan(&m.Seq, &micros, &to, &m.Was, &author, &freed) != nil {
		done(false, chat.ErrUnavailable)
		return
	}
	m.Time = time.UnixMicro(micros)
	if m.Kind == chat.Deletion {
		m.File, m.Was = m.Was, ""
	}
	if m.From == "" {
		if m.To = to; to == "" {
			m.To = m.Conversation
		}
	}
	s.ledger.keep(m)
	s.ledger.free(author, m, freed)
	s.acknowledge(m, away, done)
}
