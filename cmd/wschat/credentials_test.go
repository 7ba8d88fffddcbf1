package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

func TestClaimArgs(t *testing.T) {
	for given, shown := range map[string]string{
		"-redis=redis://:pa55@h:1/2":  "-redis=redis://*****@h:1/2",
		"redis://ann:pa55@h":          "redis://********@h",
		"rediss://:p@:/a@h?ca=f":      "rediss://******@h?ca=f",
		"redis://h:1":                 "redis://h:1",
		"redis://@h":                  "redis://@h",
		"-allow-origin=https://a.org": "-allow-origin=https://a.org",
		"a@b://c":                     "a@b://c",
		"":                            "",
	} {
		args := []string{"-x", strings.Clone(given)} // writable
		claimed := claimArgs(args)
		if args[1] != shown || claimed[1] != given || claimed[0] != "-x" {
			t.Errorf("%s: shown as %s, want %s; claimed as %q", given, args[1], shown, claimed)
		}
	}
}

// No error of a start has a password in it, wherever the URL was put.
func TestErrorsWithoutPassword(t *testing.T) {
	const secret = "pa55"
	for _, args := range [][]string{
		{"redis://:pa55@h"},
		{"-redis", "redis://:pa55@h:port"},
		{"-redis", "redis://:pa55@h/x"},
		{"-redis", "redis://:pa55/x@h"},
		{"-redis", "redis://u:pa55?x@h"},
		{"-redis", "redis://u:pa55#x@h"},
		{"-redis", "redis://:pa55%zz@h"},
		{"-redis", "http://:pa55@h"},
		{"-redis", "rediss://:pa55@h?ca=/nonexistent"},
		{"-addr", "redis://:pa55@h"},
		{"-admin", "redis://:pa55@h"},
		{"-log", "redis://:pa55@h"},
		{"-host", "redis://:pa55@h"},
		{"-allow-origin", "https://ann:pa55@h"},
		{"-trust-proxy", "redis://:pa55@h"},
		{"-tls-cert", "redis://:pa55@h", "-tls-key", "k", "-addr", "127.0.0.1:0"},
		{"-auth-secret-file", "redis://:pa55@h"},
		{"-data", "/dev/null/redis://:pa55@h"},
		{"-redis://:pa55@h"},
	} {
		var stderr bytes.Buffer
		if status := run(args, environment(), io.Discard, &stderr); status == exitOK || stderr.Len() == 0 || strings.Contains(stderr.String(), secret) {
			t.Errorf("%q: status %d, %s", args, status, stderr.String())
		}
	}
	var stderr bytes.Buffer
	if run(nil, environment("WSCHAT_PING=redis://:pa55@h"), io.Discard, &stderr); strings.Contains(stderr.String(), secret) {
		t.Errorf("from the environment: %s", stderr.String())
	}
}
