//go:build e2e

package crash

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"wschat/cmd/wschat/e2e/target"
)

// PROTOCOL 6: /healthz is 503 while senders are refused for want of room, here since
// the newest message of each conversation is kept, and those alone are more than
// -history-bytes.
func TestNoRoom(t *testing.T) {
	for name, flags := range map[string][]string{
		"in memory": nil,
		"on disk":   {"-data", t.TempDir()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := target.Start(t, append([]string{"-history-bytes", "65536", "-rate", "0"}, flags...)...)
			a := open(t, s, "A")
			send := func(group int) event {
				t.Helper()
				id := fmt.Sprint(group)
				if err := a.SendText(fmt.Sprintf(`{"op":"send","id":%q,"to":"group%d","text":%q}`, id, group, strings.Repeat("x", 1<<10))); err != nil {
					t.Fatal(err)
				}
				return next(t, a, "ack", "error")
			}
			stored := 0
			for send(stored).Event == "ack" && stored < 100 {
				if status := health(t, s); stored == 10 && status != http.StatusOK {
					t.Errorf("there is room, and /healthz answers %d", status)
				}
				stored++
			}
			if stored < 20 || stored > 64 {
				t.Errorf("%d messages of 1 KiB have room in 64 KiB", stored)
			}
			if e := send(stored); e.Code != "unavailable" {
				t.Errorf("a send is answered with %+v, want unavailable", e)
			}
			if status := health(t, s); status != http.StatusServiceUnavailable {
				t.Errorf("senders are refused, and /healthz answers %d", status)
			}
		})
	}
}
