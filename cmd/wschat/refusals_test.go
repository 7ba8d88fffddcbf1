package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"wschat/handshake"
)

// At most one line a minute and reason, however many are refused; each is counted once.
func TestRefusalsAreSummarised(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		began := time.Now()
		f := newRefusals(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Duration("at", time.Since(began))
			}
			return a
		}})))
		refuse := func(kind string, n int) {
			for i := range n {
				f.note(&handshake.Rejection{Status: http.StatusBadRequest, Kind: kind, Reason: fmt.Sprint(i)}, netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}))
			}
		}
		told := func(want ...string) {
			t.Helper()
			synctest.Wait()
			f.mu.Lock() // under which lines are written
			defer f.mu.Unlock()
			lines := strings.Split(strings.TrimSpace(log.String()), "\n")
			log.Reset()
			if got := strings.Join(lines, "\n"); got != strings.Join(want, "\n") {
				t.Errorf("logged\n%s\nwant\n%s", got, strings.Join(want, "\n"))
			}
		}
		line := func(at, reason string, count, first int, example string) string {
			return fmt.Sprintf(`at=%s level=WARN msg=refused reason=%s count=%d from=192.0.2.%d example=%s`, at, reason, count, first, example)
		}
		refuse("token", 1)
		told(line("0s", "token", 1, 0, "0"))
		time.Sleep(time.Second)
		refuse("token", 100)
		refuse("name", 3)
		refuse("", 1) // an answer that may quote a token
		told(line("1s", "name", 1, 0, "0"), line("1s", "400", 1, 0, `""`))
		time.Sleep(59 * time.Second)
		told(line("1m0s", "token", 100, 0, "0"))
		time.Sleep(time.Second)
		told(line("1m1s", "name", 2, 1, "1"))
		time.Sleep(time.Hour)
		told("")
		refuse("token", 2) // quiet for long: at once again
		told(line("1h1m1s", "token", 1, 0, "0"))
		f.close()
		told(line("1h1m1s", "token", 1, 1, "1"))
		refuse("token", 1)
		time.Sleep(time.Hour)
		told("")
		if got := f.by["token"].total; got != 104 {
			t.Errorf("counted %d", got)
		}
	})
}
