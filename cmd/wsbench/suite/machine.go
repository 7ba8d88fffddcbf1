package suite

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// heading says what the table holds and where it comes from.
func (b *bench) heading(t *table) string {
	lines := []string{
		fmt.Sprintf("%s, %s, commit %s", time.Now().UTC().Format("2006-01-02 15:04 UTC"), runtime.Version(), commit(b.config.Version)),
		fmt.Sprintf("%s, %d cores; %s", processor(), runtime.NumCPU(), kernel()),
		fmt.Sprintf("medians of %d, %s s each: %s", b.config.Rounds, b.secs, b.config.Command),
	}
	if b.pinned {
		lines = append(lines, "server: core 0, GOMAXPROCS=1; load: core 1")
	} else {
		lines = append(lines, errNoPinning.Error())
	}
	if most := t.most(others); most >= 5 {
		lines = append(lines, fmt.Sprintf("other processes used up to %.0f %% of a core meanwhile", most))
	}
	return strings.Join(lines, "\n")
}

// commit is what this binary was built from.
func commit(version string) string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				return setting.Value
			}
		}
	}
	return "unknown"
}

// processor is the model of the processor, or its architecture.
func processor() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err == nil {
		for line := range bytes.Lines(info) {
			if name, model, ok := strings.Cut(string(line), ":"); ok && strings.TrimSpace(name) == "model name" {
				return strings.TrimSpace(model)
			}
		}
	}
	return runtime.GOARCH
}

func kernel() string {
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return runtime.GOOS
	}
	return "Linux " + strings.TrimSpace(string(release))
}
