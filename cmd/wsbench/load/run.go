package load

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"time"

	"wschat/cmd/wsbench/process"
)

const (
	maxSettle = 30 * time.Second       // then the load begins though it is not quiet
	tooMany   = 200 * time.Millisecond // to see whether something comes twice
)

// Run does what c says and returns what it has measured. It fails if the server refused,
// closed, or broke the protocol, or if this machine failed. Lost or wrong messages are not
// an error, but counted in Result.Checks. c must have passed Check. The end of ctx ends Run
// with the context's cause.
func Run(ctx context.Context, c *Config) (*Result, error) {
	runtime.LockOSThread() // whose timers are exact
	defer runtime.UnlockOSThread()
	c.tls = c.clientTLS()
	if c.Mode == Connect {
		return runConnect(ctx, c)
	}
	e, err := newEngine(ctx, c)
	if err != nil {
		return nil, err
	}
	defer e.sockets.closeAll()
	if e.result.Server.Start, err = process.Read(c.PID); err != nil {
		return nil, err
	}
	for _, phase := range []func() error{e.open, e.settle, e.measure, e.drain, e.closeAll} {
		if err := phase(); err != nil {
			return nil, err
		}
	}
	return e.result, nil
}

// settle waits until nothing has come in for Settle, and in Idle until the
// server's memory stands still.
func (e *engine) settle() error {
	began := e.now()
	e.lastInput = max(e.lastInput, began)
	for now := began; now < e.lastInput+e.config.Settle && now < began+maxSettle; now = e.now() {
		if err := e.turn(e.lastInput + e.config.Settle); err != nil {
			return err
		}
	}
	if e.config.Mode == Idle && e.config.PID != 0 {
		return e.settleMemory()
	}
	return nil
}

// settleMemory waits until the server's memory has stood still for a second, for
// fifteen at most.
func (e *engine) settleMemory() error {
	const still, look, most = time.Second, 200 * time.Millisecond, 15 * time.Second
	var last int64
	began := e.now()
	for since := began; e.now() < min(since+still, began+most); {
		u, err := process.Read(e.config.PID)
		if err != nil {
			return err
		}
		if change := u.RSS - last; change*500 > last || -change*500 > last {
			last, since = u.RSS, e.now()
		}
		for until := e.now() + look; e.now() < until; {
			if err := e.turn(until); err != nil {
				return err
			}
		}
	}
	return nil
}

// measure puts the load on, and takes the figures at both ends of the window.
func (e *engine) measure() error {
	if w := e.config.Progress; w != nil {
		fmt.Fprintln(w, "wsbench: the load begins")
	}
	began := e.now()
	e.from = began + e.config.Warmup
	e.to = e.from + e.config.Time
	e.loading = len(e.senders) > 0
	if e.loading && e.config.Rate > 0 {
		e.pace = pace{start: began, rate: e.config.Rate}
	} else {
		for i := range e.senders {
			slot := e.senders[i].conn
			if err := e.pump(slot, &e.conns[slot], e.now()); err != nil {
				return err
			}
		}
	}
	var w window
	if err := e.turnUntil(e.from); err != nil {
		return err
	}
	if err := w.begin(e.config.PID); err != nil {
		return err
	}
	if err := e.turnUntil(e.to); err != nil {
		return err
	}
	if err := w.end(e.config.PID, e.result); err != nil || !e.loading || e.config.Rate == 0 {
		return err
	}
	return e.sendDue(e.now()) // what became due at the very end
}

func (e *engine) turnUntil(t time.Duration) error {
	for e.now() < t {
		if err := e.turn(t); err != nil {
			return err
		}
	}
	return nil
}

// window takes what was used at the beginning and the end of the measuring.
type window struct {
	at      time.Time
	server  process.Usage
	own     time.Duration
	machine time.Duration
}

func (w *window) begin(pid int) (err error) {
	w.at, w.own, w.machine = time.Now(), ownCPU(), process.Machine()
	w.server, err = process.Read(pid)
	return err
}

func (w *window) end(pid int, r *Result) error {
	after, err := process.Read(pid)
	if err != nil {
		return err
	}
	r.Window = time.Since(w.at)
	r.Server.Before, r.Server.After = w.server, after
	r.Client = ownCPU() - w.own
	r.Others = max(0, process.Machine()-w.machine-r.Client-r.Server.CPU())
	return nil
}

// ownCPU is this process's CPU time; 0 where that cannot be told.
func ownCPU() time.Duration {
	u, _ := process.Read(os.Getpid())
	return u.CPU
}

// drain waits for what is outstanding, and a little for what should not come.
func (e *engine) drain() error {
	checks := &e.result.Checks
	receivers := 1
	if e.config.Mode == Fan {
		receivers = e.config.Conns
	}
	checks.Expected = e.result.Sent * uint64(receivers)
	if !e.loading {
		return nil
	}
	end := e.now() + e.config.Timeout
	for checks.Received < checks.Expected && e.now() < end {
		if err := e.turn(end); err != nil {
			return err
		}
	}
	if err := e.turnUntil(e.now() + tooMany); err != nil {
		return err
	}
	if checks.Received < checks.Expected {
		checks.Lost = checks.Expected - checks.Received
	}
	e.loading = false
	return nil
}

// closeAll closes all connections, some at a time, so that answers are taken
// meanwhile. Those that do not end in time are dropped.
func (e *engine) closeAll() error {
	const some = 1000
	message := closeFrame(e.key)
	end := e.now() + 5*time.Second + time.Duration(len(e.conns))*50*time.Microsecond
	for i := range e.conns {
		c := &e.conns[i]
		c.state = closing
		if err := e.transmit(int32(i), c, message); err != nil {
			return err
		}
		if i%some == some-1 {
			if err := e.turn(0); err != nil {
				return err
			}
		}
	}
	for e.closed < len(e.conns) && e.now() < end {
		if err := e.turn(end); err != nil {
			return err
		}
	}
	return nil
}
