// Package process reads from /proc what a process costs: CPU time and memory. On
// systems that have no /proc in Linux's form, all it returns is errors.
package process

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// tick is the unit of CPU times in /proc: USER_HZ, which is 100 a second on all
// machines that Go runs on. So figures are exact to 10 ms.
const tick = time.Second / 100

// Usage is what a process has used.
type Usage struct {
	CPU time.Duration // since it began; to 10 ms
	RSS int64         // bytes resident now
}

// Read returns what a process has used; nothing for number 0. One that has ended is an
// error. Safe for concurrent use.
func Read(pid int) (Usage, error) {
	if pid == 0 {
		return Usage{}, nil
	}
	u, err := read(pid)
	if err != nil {
		return Usage{}, fmt.Errorf("process %d: %w", pid, err)
	}
	return u, nil
}

func read(pid int) (Usage, error) {
	dir := "/proc/" + strconv.Itoa(pid)
	stat, err := os.ReadFile(dir + "/stat")
	if err != nil {
		return Usage{}, err
	}
	u, err := parseStat(stat)
	if err != nil {
		return Usage{}, err
	}
	status, err := os.ReadFile(dir + "/status")
	if err != nil {
		return Usage{}, err
	}
	u.RSS = kibibytes(status, "VmRSS:")
	return u, nil
}

// parseStat reads state, utime and stime from /proc/PID/stat (proc_pid_stat(5)).
// The second field is the program's name in parentheses, and may hold anything.
func parseStat(stat []byte) (Usage, error) {
	end := bytes.LastIndexByte(stat, ')')
	fields := bytes.Fields(stat[end+1:])
	if end < 0 || len(fields) < 13 {
		return Usage{}, fmt.Errorf("stat: expected 15 fields or more, got %.100q", stat)
	}
	if state := string(fields[0]); state == "Z" || state == "X" {
		return Usage{}, os.ErrProcessDone
	}
	user, err := strconv.ParseInt(string(fields[11]), 10, 64)
	if err != nil {
		return Usage{}, fmt.Errorf("stat: utime: %w", err)
	}
	system, err := strconv.ParseInt(string(fields[12]), 10, 64)
	if err != nil {
		return Usage{}, fmt.Errorf("stat: stime: %w", err)
	}
	return Usage{CPU: time.Duration(user+system) * tick}, nil
}

// kibibytes returns a value of /proc/PID/status in bytes; 0 if it is not there.
func kibibytes(status []byte, name string) int64 {
	_, rest, _ := bytes.Cut(status, []byte("\n"+name))
	fields := bytes.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	n, _ := strconv.ParseInt(string(fields[0]), 10, 64) // the kernel writes a number
	return n << 10
}

// Machine returns the CPU time that all processes and the kernel of this machine
// have used since it was started, or 0 where that cannot be told.
func Machine() time.Duration {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	line, _, _ := bytes.Cut(stat, []byte("\n"))
	fields := bytes.Fields(line)
	const idle, iowait, last = 4, 5, 8 // proc_stat(5); what follows is counted in user already
	var used time.Duration
	for i := 1; i < len(fields) && i <= last; i++ {
		if n, err := strconv.ParseInt(string(fields[i]), 10, 64); err == nil && i != idle && i != iowait {
			used += time.Duration(n) * tick
		}
	}
	return used
}
