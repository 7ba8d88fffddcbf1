//go:build e2e || soak

package fair

import (
	"fmt"
	"time"

	"wschat/handshake"
)

// Who fills a table of what is remembered (point 6).

// stayInGroups begins many groups, and stays in them.
func stayInGroups(m *Mob, worker, n int) error {
	c, err := m.hostile(fmt.Sprint("mallory", worker), handshake.Dialer{})
	if err != nil {
		return err
	}
	for i := range burst {
		if err := c.SendText(fmt.Sprintf("groupMallory%d.%d,begins", n, i)); err != nil {
			return err
		}
	}
	for range burst {
		if _, err := await(c, ":begins"); err != nil {
			return err
		}
	}
	c.Conn.SetDeadline(time.Time{})
	m.hold(c)
	return nil
}

// stayInGroup comes with a new name, begins a group, and stays in it.
func stayInGroup(m *Mob, _, n int) error {
	c, err := m.hostile(fmt.Sprint("mallory", n), handshake.Dialer{})
	if err != nil {
		return err
	}
	if _, err := ask(c, fmt.Sprintf("groupMallory%d,begins", n), ":begins"); err != nil {
		return err
	}
	c.Conn.SetDeadline(time.Time{})
	m.hold(c)
	return nil
}

// joinAndGo comes with a new name, joins a group, and goes.
func joinAndGo(m *Mob, _, n int) error {
	return m.talks(fmt.Sprint("mallory", n), handshake.Dialer{}, []string{fmt.Sprint("join,groupMallory", n%50)}, "系统:已加入")
}
