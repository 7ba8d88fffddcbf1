package loop

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"wschat/handshake"
)

// Logins of one address are rationed: after a burst they get 503, with the time after which
// there is room again. Other addresses do not wait, and an address is forgotten when its
// debt is over.
func TestLoginsAreRationed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAdmission(Limits{})
		logIn := func(ip string, price time.Duration) error {
			t.Helper()
			v := come(a, ip)
			from, err := a.promote(&v.guest, v.request(), true)
			if err != nil {
				a.leave(&v.guest)
				return err
			}
			from.charge(price)
			from.leave()
			return nil
		}
		retryAfter := func(err error) string {
			var rejection *handshake.Rejection
			if !errors.As(err, &rejection) || rejection.Status != http.StatusServiceUnavailable {
				return fmt.Sprint(err)
			}
			return rejection.Header.Get("Retry-After")
		}
		const price = loginBurst / 100 // 9 s
		for i := range 101 {
			if err := logIn("2001:db8::1", price); err != nil {
				t.Fatalf("login %d: %v", i, err)
			}
		}
		if got := retryAfter(logIn("2001:db8::2", price)); got != "9" {
			t.Errorf("the same /64 is told %q", got)
		}
		if err := logIn("2001:db8:0:1::1", price); err != nil {
			t.Errorf("another /64: %v", err)
		}
		v := come(a, "2001:db8::1")
		if from, err := a.promote(&v.guest, v.request(), false); err != nil {
			t.Errorf("a login that is not metered: %v", err)
		} else {
			from.leave()
		}
		time.Sleep(price)
		if err := logIn("2001:db8::2", 10*price); err != nil {
			t.Errorf("when it is time: %v", err)
		}
		if got := retryAfter(logIn("2001:db8::2", price)); got != "90" {
			t.Errorf("told %q, want 90", got)
		}
		time.Sleep(loginBurst + 11*price)
		for i := range 2 * manyAddresses {
			if err := logIn(fmt.Sprintf("192.0.%d.%d", i>>8, i&0xff), price); err != nil {
				t.Fatal(err)
			}
			time.Sleep(price)
		}
		if n := len(a.addresses); n > manyAddresses {
			t.Errorf("%d addresses are remembered", n)
		}
	})
}
