package hub

import (
	"fmt"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"wschat/hub/chat"
	"wschat/hub/loop"
)

// crowded is an engine in which somebody has some percent of the six-digit names.
type crowded struct {
	chat.Engine
	percent int
	tries   int // to get a fresh name
}

func (e *crowded) Enter(user string, fresh, online bool) (chat.Entry, error) {
	e.tries++
	if last, err := strconv.Atoi(user[len(user)-2:]); err != nil || len(user) == 6 && last < e.percent {
		return chat.Entry{}, chat.ErrTaken
	}
	return e.Engine.Enter(user, fresh, online)
}

// Numbers have six digits until some one in ten are taken, and then more, so that a free
// one is found in a few tries whatever is taken.
func TestNumbersGrow(t *testing.T) {
	for _, row := range []struct {
		percent       int // of those with six digits
		digits, tries int // in the end; of one login, at most
	}{
		{0, 6, 4},
		{3, 6, 7},
		{20, 7, 12},
		{50, 7, 12},
		{100, 7, 11},
	} {
		t.Run(fmt.Sprint(row.percent), func(t *testing.T) {
			s := start(t, loop.Config{}, silent)
			engine := &crowded{Engine: s.Hub.engine, percent: row.percent}
			s.Hub.engine = engine
			const logins = 1000
			longer := 0
			for range logins {
				engine.tries = 0
				handler, err := s.Enter(Access{})
				if err != nil {
					t.Fatal(err)
				}
				if engine.tries > row.tries {
					t.Errorf("%d tries for one login, want %d at most", engine.tries, row.tries)
				}
				name := handler.(*session).name
				if len(name) > 6 {
					longer++
				}
				if name[0] == '0' || len(name) > row.digits || longer > 0 && len(name) != row.digits {
					t.Fatalf("got %s after %d of more than six digits", name, longer)
				}
				s.Abandon(handler)
			}
			if grow := row.digits > 6; (longer > 0) != grow || grow && longer < logins/2 {
				t.Errorf("%d of %d have more than six digits", longer, logins)
			}
		})
	}
}

// When names are free again, numbers get shorter.
func TestNumbersShrink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n numbers
		for range manyTaken / takenWeight {
			n.tried(true)
		}
		if got := n.next(); len(got) != 7 {
			t.Errorf("got %s", got)
		}
		time.Sleep(grownTime + 1)
		if got := n.next(); len(got) != 6 {
			t.Errorf("got %s after %v", got, grownTime)
		}
	})
}
