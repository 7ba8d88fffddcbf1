package suite

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
)

// Config says what Run measures.
type Config struct {
	Wschat string    // the binary
	Floor  string    // the binary of testdata/floor; "": without
	Peers  []Subject // other servers
	Rounds int
	Secs   float64 // measured for each figure
	Rows   string  // a regular expression: those whose names it matches; "": all
	Data   string  // where directories for -data are made; "": where temporary files are
	Out    string  // the directory for the chart; "": a table instead

	Version  string    // of wsbench, a tag or commit; "": as the binary has it
	Command  string    // as it was given, for the table
	Progress io.Writer // gets a line for each figure
}

// bench is a run of the suite.
type bench struct {
	ctx      context.Context
	config   *Config
	self     string // the binary of wsbench
	temp     string // for logs; removed if all went well
	certFile string
	keyFile  string
	data     string
	secs     string
	pinned   bool
	server   cores
	client   cores
	subjects []Subject
}

func newBench(ctx context.Context, c *Config) (*bench, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	temp, err := os.MkdirTemp("", "wsbench-")
	if err != nil {
		return nil, err
	}
	b := &bench{ctx: ctx, config: c, self: self, temp: temp, data: c.Data, secs: strconv.FormatFloat(c.Secs, 'g', -1, 64)}
	if b.certFile, b.keyFile, err = certify(temp); err != nil {
		return nil, err
	}
	b.server.count, b.client.count = 1, 1
	if _, err := exec.LookPath("taskset"); err == nil && runtime.NumCPU() > 1 {
		b.pinned = true
		b.server.list, b.client.list = "0", "1"
	}
	base, err := freeBase()
	if err != nil {
		return nil, err
	}
	b.subjects = append(b.subjects, Subject{Name: "wschat", Base: base, kind: chat, Command: []string{
		c.Wschat, "-addr", "{addr}", "-echo", "-presence", "none", "-rate", "0", "-max-conns-per-ip", "0", "-log", "text",
	}})
	b.subjects = append(b.subjects, c.Peers...)
	if c.Floor != "" {
		if base, err = freeBase(); err != nil {
			return nil, err
		}
		b.subjects = append(b.subjects, Subject{Name: "floor", Base: base, kind: echo, Command: []string{c.Floor, "-addr", "{addr}"}})
	}
	return b, nil
}

// Run measures all rows in each round, and writes the table to w or the chart to
// Config.Out. An error of a measurement leaves a hole there and is returned when all is
// done.
func Run(ctx context.Context, c *Config, w io.Writer) error {
	b, err := newBench(ctx, c)
	if err != nil {
		return err
	}
	wanted, err := choose(c.Rows)
	if err != nil {
		return err
	}
	t := newTable(b.subjects, wanted)
	for round := range c.Rounds {
		for i, r := range wanted {
			if r.once && round > 0 {
				continue
			}
			for j, s := range b.subjects {
				if ctx.Err() != nil {
					return context.Cause(ctx)
				}
				if r.can(s) {
					b.measure(t, round, i, j)
				}
			}
		}
	}
	if c.Out == "" {
		err = t.write(w, b.heading(t))
	} else if err = os.MkdirAll(c.Out, 0o755); err == nil {
		path := filepath.Join(c.Out, "wsbench.svg")
		err = os.WriteFile(path, t.chart(), 0o644)
		fmt.Fprintln(w, path)
	}
	if err != nil {
		return err
	}
	if len(t.failures) > 0 {
		return fmt.Errorf("%d figures are missing; the servers' logs are in %s", len(t.failures), b.temp)
	}
	return os.RemoveAll(b.temp)
}

// measure takes one figure.
func (b *bench) measure(t *table, round, i, j int) {
	r, s := t.rows[i], t.subjects[j]
	got, err := b.undisturbed(r, s)
	if err != nil {
		if failure := fmt.Sprintf("%s, %s: %v", r.name, s.Name, err); !slices.Contains(t.failures, failure) {
			t.failures = append(t.failures, failure)
		}
		fmt.Fprintf(b.config.Progress, "round %d of %d: %s: %s: %v\n", round+1, b.config.Rounds, r.name, s.Name, err)
		return
	}
	t.samples[i][j] = append(t.samples[i][j], got)
	fmt.Fprintf(b.config.Progress, "round %d of %d: %s: %s: %s %s\n", round+1, b.config.Rounds, r.name, s.Name, digits(got.value), r.unit)
}

// A figure that was taken while other processes used more than disturbance, in
// percent of a core, is taken again, but not more than tries times, and not if less than a
// second is measured: that tells no more than whether something comes.
const (
	disturbance = 15
	tries       = 4
)

// undisturbed takes the figure that was disturbed least.
func (b *bench) undisturbed(r row, s Subject) (sample, error) {
	best, err := r.measure(b, s)
	for n := 1; n < tries && err == nil && best.others > disturbance && !r.once && b.config.Secs >= 1; n++ {
		var next sample
		if next, err = r.measure(b, s); err == nil && next.others < best.others {
			best = next
		}
	}
	return best, err
}

// choose returns the rows whose names match.
func choose(pattern string) ([]row, error) {
	expression, err := regexp.Compile("^(?:" + pattern + ")$")
	if err != nil {
		return nil, fmt.Errorf("--rows: %w", err)
	}
	wanted := slices.DeleteFunc(rows(), func(r row) bool { return pattern != "" && !expression.MatchString(r.name) })
	if len(wanted) == 0 {
		return nil, fmt.Errorf("--rows: no row is called %q", pattern)
	}
	return wanted, nil
}

// Names are those of all rows.
func Names() []string {
	var names []string
	for _, r := range rows() {
		names = append(names, r.name)
	}
	return names
}

// median sorts values and returns the middle one, or the mean of the middle two.
func median(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	if n == 0 {
		return 0
	}
	return (values[(n-1)/2] + values[n/2]) / 2
}
