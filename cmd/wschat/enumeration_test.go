package main

import (
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"testing"
	"time"

	"wschat/cmd/wschat/account"
)

// PROTOCOL 9: the answer to a wrong password does not tell whether the name exists, nor does
// the time it takes: over 200 tries of each kind, the ranks of the times are as by chance.
func TestNamesCannotBeEnumerated(t *testing.T) {
	const tries = 200
	file := usersFile(t)
	hash, err := account.NewHash("secret", 2000) // far below what is usual, for the test's sake
	if err != nil {
		t.Fatal(err)
	}
	if err := account.Edit(file, func(table *account.Table) error {
		for i := range tries {
			if err := table.Add(account.Account{Name: fmt.Sprintf("known%03d", i), Password: hash}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	r := runServer(t, "-users", file, "-trust-proxy", "127.0.0.1")
	type try struct {
		known bool
		took  time.Duration
	}
	var all []try
	var first string
	ask := func(i int, kind string) {
		from := fmt.Sprintf("X-Forwarded-For: 192.0.2.%d", i/5)
		name := fmt.Sprintf("%s%03d", kind, i)
		began := time.Now()
		status, got, header := r.post(passwordOf(name, "wrong"), from)
		took := time.Since(began)
		header.Del("Date")
		if answer := fmt.Sprint(status, got, slices.Sorted(maps.Keys(header)), header); first == "" {
			first = answer
		} else if answer != first || status != http.StatusUnauthorized {
			t.Fatalf("%s: got %s, and %s before", name, answer, first)
		}
		all = append(all, try{kind == "known", took})
	}
	for i := range tries {
		kinds := []string{"known", "nobod"}
		for j := range kinds {
			ask(i, kinds[(i+j)%2])
		}
	}
	slices.SortFunc(all, func(a, b try) int { return int(a.took - b.took) })
	ranks := 0.0
	for i, one := range all {
		if one.known {
			ranks += float64(i + 1)
		}
	}
	const n = tries // Wilcoxon's rank sum
	mean, deviation := n*(2*n+1)/2.0, math.Sqrt(n*n*(2*n+1)/12.0)
	if z := (ranks - mean) / deviation; math.Abs(z) > 4 {
		t.Errorf("the times of known names are %.1f deviations from those of others", z)
	} else {
		t.Logf("%.1f deviations", z)
	}
}
