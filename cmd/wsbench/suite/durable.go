package suite

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// durable measures wschat with -data: 200 users who each send 128 bytes as
// JSON, to a group of their own, and send the next when the ack has come. The
// mark that wsbench looks for is the request's id, which the ack repeats.
func durable(figure string) func(*bench, Subject) (sample, error) {
	return func(b *bench, s Subject) (sample, error) {
		dir, err := os.MkdirTemp(b.data, "wsbench-data-")
		if err != nil {
			return sample{}, err
		}
		defer os.RemoveAll(dir)
		r, err := b.start(s, b.server, "-data", dir)
		if err != nil {
			return sample{}, err
		}
		defer r.stop()
		return b.take(r, figure, "echo", "--loose", "--url", s.Base+"/socket?userId={i}", "--subprotocol", "wschat.v1.json",
			"--conns", "200", "--size", "32", "--secs", b.secs,
			"--prefix", `{"op":"send","id":"`, "--suffix", `","to":"group{i}","text":"`+strings.Repeat("x", 128)+`"}`)
	}
}

// fsyncs measures the disk alone: appending 4 KiB and fsync, as the journal
// does, in the directory where durable puts its data.
func fsyncs(b *bench, _ Subject) (sample, error) {
	const times = 200
	dir, err := os.MkdirTemp(b.data, "wsbench-data-")
	if err != nil {
		return sample{}, err
	}
	defer os.RemoveAll(dir)
	f, err := os.Create(filepath.Join(dir, "fsync"))
	if err != nil {
		return sample{}, err
	}
	defer f.Close()
	block := make([]byte, 4<<10)
	took := make([]float64, times)
	for i := range took {
		began := time.Now()
		if _, err := f.Write(block); err != nil {
			return sample{}, err
		}
		if err := f.Sync(); err != nil {
			return sample{}, err
		}
		took[i] = float64(time.Since(began)) / 1e3
	}
	return sample{value: median(slices.Clone(took))}, nil
}
