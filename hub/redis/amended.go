package redis

import (
	"context"
	"errors"
	"slices"

	"wschat/hub/redis/resp"
)

// amended returns the arguments for a script that has answered AMENDED, since it was not given
// the keys of what amendments have made of a conversation; see scripts/kept.lua.
func amended(key string, args []any) []any {
	i := 1
	for i < len(args) && isKey(args[i]) {
		i++
	}
	return slices.Insert(slices.Clone(args), i, any(resp.Key(key+":x")), any(resp.Key(key+":l")))
}

func isKey(arg any) bool {
	_, is := arg.(resp.Key)
	return is
}

// wantsAmended reports whether a script has answered that.
func wantsAmended(err error) bool {
	var reply *resp.ServerError
	return errors.As(err, &reply) && reply.Code() == "AMENDED"
}

// asking is client.Ask, with those keys if they are needed.
func (s *Store) asking(key string, args []any) func(context.Context) (resp.Reply, error) {
	wait := s.client.Ask(key, args...)
	return func(ctx context.Context) (resp.Reply, error) {
		r, err := wait(ctx)
		if wantsAmended(err) {
			r, err = s.client.Ask(key, amended(key, args)...)(ctx)
		}
		return r, err
	}
}

// doAmended is do, likewise.
func (s *Store) doAmended(c command, done func(resp.Reply, error)) {
	s.do(c.key, func(r resp.Reply, err error) {
		if wantsAmended(err) {
			s.do(c.key, done, amended(c.key, c.args)...)
			return
		}
		done(r, err)
	}, c.args...)
}

// sweep drops what amendments have made of messages of a conversation that are not kept any more.
func (s *Store) sweep(key string) {
	s.do(key, func(r resp.Reply, err error) {
		if more, e := r.Int(); err == nil && e == nil && more > 0 {
			s.sweep(key)
		}
	}, amended(key, []any{sweepScript})...)
}
