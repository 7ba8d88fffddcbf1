//go:build e2e || soak

package target

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

var program string // wschat; set by Main

// Main is what a TestMain calls: it finds or builds the binary, and returns the
// exit status.
func Main(m *testing.M) int {
	temp, err := os.MkdirTemp("", "wschat-target-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(temp)
	if program = os.Getenv("WSCHAT_BINARY"); program == "" {
		program = filepath.Join(temp, "wschat")
		if out, err := exec.Command("go", "build", "-o", program, "wschat/cmd/wschat").CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "%s%v\n", out, err)
			return 1
		}
	}
	return m.Run()
}

// Program returns the file of wschat.
func Program() string { return program }

// Run runs wschat to its end, for what does not serve, with these variables in
// its environment.
func Run(t testing.TB, env []string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	defer cancel()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = Environment(env...), &out, &errs
	if err := cmd.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

// RunInto is Run with both outputs going to a file; it returns the status, -1 for an
// end by a signal.
func RunInto(t testing.TB, out *os.File, args ...string) (status int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = Environment(), out, out
	if err := cmd.Run(); ctx.Err() != nil || err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode()
}

// Environment is ours without the variables that wschat reads, and with more.
func Environment(more ...string) (env []string) {
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "WSCHAT_") {
			env = append(env, variable)
		}
	}
	return append(env, more...)
}

// Output is what a process has written. Safe for concurrent use.
type Output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}
