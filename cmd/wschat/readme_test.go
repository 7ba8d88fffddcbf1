package main

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"
)

// The table of flags in README.md has each flag of -help once, with its default.
func TestReadmeFlags(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Flags\n")
	section, _, _ = strings.Cut(section, "\n## ")
	flags := new(options).flagSet()
	documented := make(map[string]bool)
	for _, row := range regexp.MustCompile("(?m)^\\| `-([a-z-]+)` \\| (.*?) \\|").FindAllStringSubmatch(section, -1) {
		name, value := row[1], row[2]
		f := flags.Lookup(name)
		switch {
		case f == nil:
			t.Errorf("README.md has -%s, -help has not", name)
			continue
		case documented[name]:
			t.Errorf("README.md has -%s twice", name)
		}
		documented[name] = true
		if standard := standardValue(t, name, value); standard != f.DefValue && !strings.HasPrefix(name, "max-conns") && name != "memory" {
			t.Errorf("README.md: -%s has the default %s, expected %q", name, value, f.DefValue)
		}
	}
	flags.VisitAll(func(f *flag.Flag) {
		if !documented[f.Name] {
			t.Errorf("README.md has no row for -%s", f.Name)
		}
	})
}

// standardValue returns a default of the table as the flag writes it: `24h` is 24h0m0s,
// off is false, and a word without backticks is an empty value.
func standardValue(t *testing.T, name, cell string) string {
	f := new(options).flagSet().Lookup(name)
	value, quoted := strings.CutPrefix(cell, "`")
	if !quoted {
		if f.DefValue == "false" && cell == "off" {
			return "false"
		}
		return ""
	}
	if err := f.Value.Set(strings.TrimSuffix(value, "`")); err != nil {
		t.Errorf("README.md: the default of -%s is %s: %v", name, cell, err)
	}
	return f.Value.String()
}
