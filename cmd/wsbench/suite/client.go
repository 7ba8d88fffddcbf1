package suite

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// figures are the numbers that a run of wsbench has printed as JSON.
type figures map[string]float64

// sample makes a sample of a figure, which has to be there unless err says why not.
func (f figures) sample(name string, err error) (sample, error) {
	n, ok := f[name]
	if err == nil && !ok {
		err = fmt.Errorf("wsbench has not told %s", name)
	}
	return sample{value: n, others: f["others_cpu_percent"]}, err
}

// loader is a run of wsbench in a process of its own.
type loader struct {
	cmd   *exec.Cmd
	out   bytes.Buffer
	begun chan struct{} // closed when its load begins
	said  []string      // other lines of its standard error
	read  chan struct{} // closed when all of standard error has been read
}

// load runs wsbench against a server and returns what it has measured.
func (b *bench) load(r *running, on cores, args ...string) (figures, error) {
	l, err := b.startLoad(r, on, args...)
	if err != nil {
		return nil, err
	}
	return l.wait()
}

// startLoad begins such a run.
func (b *bench) startLoad(r *running, on cores, args ...string) (*loader, error) {
	command := append([]string{b.self}, args...)
	command = append(command, "--pid", strconv.Itoa(r.pid))
	l := &loader{cmd: on.command(command), begun: make(chan struct{}), read: make(chan struct{})}
	l.cmd.Stdout = &l.out
	stderr, err := l.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := l.cmd.Start(); err != nil {
		return nil, err
	}
	go l.listen(stderr)
	return l, nil
}

func (l *loader) listen(stderr io.Reader) {
	defer close(l.read)
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if line := strings.TrimPrefix(lines.Text(), "wsbench: "); line == "the load begins" {
			close(l.begun)
		} else {
			l.said = append(l.said, line)
		}
	}
}

// begin waits until all connections of the run are open and its load begins.
func (l *loader) begin() error {
	select {
	case <-l.begun:
		return nil
	case <-l.read:
		_, err := l.wait()
		return fmt.Errorf("the load ended before its time: %w", err)
	}
}

// wait waits for the run's end. A run that lost messages is an error.
func (l *loader) wait() (figures, error) {
	<-l.read
	if err := l.cmd.Wait(); err != nil {
		return nil, errors.New(strings.Join(append(l.said, err.Error()), "; "))
	}
	return parseFigures(l.out.Bytes())
}

// stop ends the run before its time.
func (l *loader) stop() {
	l.cmd.Process.Signal(syscall.SIGTERM) // an error means that it has ended
	<-l.read
	l.cmd.Wait() // its status is that of an interrupted run
}

func parseFigures(text []byte) (figures, error) {
	var members map[string]any
	if err := json.Unmarshal(text, &members); err != nil {
		return nil, fmt.Errorf("wsbench's output: %w", err)
	}
	f := make(figures)
	for name, value := range members {
		if n, ok := value.(float64); ok {
			f[name] = n
		}
	}
	return f, nil
}
