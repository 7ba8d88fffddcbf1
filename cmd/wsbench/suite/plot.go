package suite

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// Plot measures what curves are made of and writes them as SVG files to c.Out.
func Plot(ctx context.Context, c *Config) error {
	b, err := newBench(ctx, c)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return err
	}
	for _, curve := range curves {
		chart, err := b.draw(curve)
		if err != nil {
			return fmt.Errorf("%s: %w; the servers' logs are in %s", curve.file, err, b.temp)
		}
		path := filepath.Join(c.Out, curve.file)
		if err := os.WriteFile(path, chart.svg(), 0o644); err != nil {
			return err
		}
		fmt.Fprintln(c.Progress, "wrote", path)
	}
	return os.RemoveAll(b.temp)
}

// curve is a chart to be drawn: figures of runs with these numbers of connections.
type curve struct {
	file, title, x, y string
	numbers           []int
	points            func(f figures, n int) ([]point, error)
	args              func(b *bench, s Subject, n int) []string
}

var curves = []curve{
	{
		file: "latency.svg", title: "Fan-out to 1,000 members, 100 messages/s: latency", x: "one message in N takes longer", y: "µs",
		numbers: []int{1000}, points: percentiles,
		args: func(b *bench, s Subject, n int) []string {
			return b.fanArgs("fan", s, lineText, "--conns", strconv.Itoa(n), "--senders", "10", "--rate", "100")
		},
	},
	{
		file: "fan.svg", title: "Fan-out, 16 senders: server CPU a delivery", x: "members", y: "µs",
		numbers: []int{100, 1000, 10000}, points: single("server_cpu_us_per_delivery"),
		args: func(b *bench, s Subject, n int) []string {
			return b.fanArgs("fan", s, lineText, "--conns", strconv.Itoa(n), "--senders", "16")
		},
	},
	{
		file: "memory.svg", title: "Idle users in a group: memory a connection", x: "connections", y: "bytes",
		numbers: []int{1000, 3000, 10000}, points: single("server_rss_bytes_per_conn"),
		args: func(b *bench, s Subject, n int) []string {
			return b.fanArgs("idle", s, lineText, "--conns", strconv.Itoa(n), "--secs", "1")
		},
	},
}

// single is one figure over the number of connections.
func single(figure string) func(figures, int) ([]point, error) {
	return func(f figures, n int) ([]point, error) {
		y, err := f.get(figure)
		return []point{{float64(n), y}}, err
	}
}

// percentiles are the latencies of one run.
func percentiles(f figures, _ int) ([]point, error) {
	points := []point{{x: 2}, {x: 10}, {x: 100}, {x: 1000}}
	for i, figure := range []string{"latency_us_p50", "latency_us_p90", "latency_us_p99", "latency_us_p999"} {
		var err error
		if points[i].y, err = f.get(figure); err != nil {
			return nil, err
		}
	}
	return points, nil
}

// draw measures one curve for every server that can do it.
func (b *bench) draw(c curve) (*chart, error) {
	drawn := &chart{title: c.title, x: c.x, y: c.y}
	for _, s := range b.subjects {
		if s.kind == echo || s.isTLS() {
			continue
		}
		line := series{name: s.Name}
		for _, n := range c.numbers {
			points, err := b.points(c, s, n)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.Name, err)
			}
			line.points = append(line.points, points...)
		}
		drawn.series = append(drawn.series, line)
	}
	return drawn, nil
}

// points are the medians of what the rounds give for one number of connections.
func (b *bench) points(c curve, s Subject, n int) ([]point, error) {
	var rounds [][]point
	for range b.config.Rounds {
		r, err := b.start(s, b.server)
		if err != nil {
			return nil, err
		}
		f, err := b.load(r, c.args(b, s, n)...)
		r.stop()
		if err != nil {
			return nil, err
		}
		points, err := c.points(f, n)
		if err != nil {
			return nil, err
		}
		rounds = append(rounds, points)
		fmt.Fprintf(b.config.Progress, "%s: %s: %d: %s\n", c.file, s.Name, n, digits(points[len(points)-1].y))
	}
	medians := rounds[0]
	for i := range medians {
		var ys []float64
		for _, points := range rounds {
			ys = append(ys, points[i].y)
		}
		medians[i].y = median(ys)
	}
	return medians, nil
}
