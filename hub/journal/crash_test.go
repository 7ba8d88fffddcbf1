package journal

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"wschat/hub/chat"
)

// roundsEnv is how many times TestKill kills; 3 if it is not set.
const roundsEnv = "WSCHAT_CRASH_ROUNDS"

func init() {
	children["write"] = func(dir string) { writeForever(Config{Dir: dir, segmentSize: 256 << 10}) }
	children["write-keep"] = func(dir string) { writeForever(Config{Dir: dir, Keep: crashKeep, segmentSize: 16 << 10}) }
}

const crashKeep = 50

// childCommand is the test binary as one of its children.
func childCommand(name, dir string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+name+" "+dir)
	return cmd
}

// fail ends a child.
func fail(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
	os.Exit(1)
}

// writeForever has 20 users write as fast as they get their acks, and says what
// has been stored: "conversation seq text".
func writeForever(c Config) {
	s, err := Open(c)
	if err != nil {
		fail("%v", err)
	}
	for w := range 20 {
		go func() {
			for i := 0; ; i++ {
				m := text([]string{"all", "groupA", "B", "C"}[(w+i)%4], fmt.Sprintf("%d/%d/%d", os.Getpid(), w, i))
				stored := make(chan error)
				m.ID = string(m.Body)
				s.Append(m, func(err error) {
					if err != nil {
						fail("%v", err)
					}
					fmt.Printf("%s %d %s\n", m.Conversation, m.Seq, m.Body)
					go func() { stored <- nil }()
				})
				<-stored
				if i%10 == 0 {
					s.Written(m)
					s.SetMember("B", fmt.Sprint("group", i%7), i%2 == 0, ignore)
				}
			}
		}()
	}
	select {}
}

// PROTOCOL 6: whenever the process is killed, what was acknowledged is there,
// once and in order, without holes.
func TestKill(t *testing.T) {
	rounds := 3
	if n, err := strconv.Atoi(os.Getenv(roundsEnv)); err == nil {
		rounds = n
	}
	for name, keep := range map[string]int{"write": 0, "write-keep": crashKeep} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			acked := make(map[string]map[uint64]string) // text by conversation and seq
			for round := range rounds {
				n := 1 + rand.IntN(5000)
				killAfter(t, childCommand(name, dir), n, acked)
				if err := Dump(io.Discard, dir); err != nil {
					t.Fatalf("round %d, %d acks: %v", round, n, err)
				}
				s := open(t, Config{Dir: dir, Keep: keep, compactAt: never})
				for conversation, texts := range acked {
					checkAcked(t, s, conversation, texts, keep)
				}
				if t.Failed() {
					t.Fatalf("in round %d, %d acks", round, n)
				}
				closeStore(t, s)
			}
		})
	}
}

// killAfter kills a child after n acks, and notes all that it has said.
func killAfter(t *testing.T, cmd *exec.Cmd, n int, acked map[string]map[uint64]string) {
	t.Helper()
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	in := bufio.NewReader(out)
	for i := 0; ; i++ {
		if i == n {
			must(t, cmd.Process.Kill())
		}
		line, err := in.ReadString('\n')
		if err != nil { // and the last line may be half a one
			break
		}
		var conversation, text string
		var seq uint64
		if _, err := fmt.Sscan(line, &conversation, &seq, &text); err != nil {
			t.Errorf("%q: %v", line, err)
		}
		if acked[conversation] == nil {
			acked[conversation] = make(map[uint64]string)
		}
		if other, ok := acked[conversation][seq]; ok {
			t.Errorf("%s: %d is %q and %q", conversation, seq, other, text)
		}
		acked[conversation][seq] = text
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("the child ended with %v", err)
	}
}

func checkAcked(t *testing.T, s *Store, conversation string, acked map[uint64]string, keep int) {
	t.Helper()
	messages, _, err := s.History(conversation, chat.Query{Limit: 1 << 30})
	must(t, err)
	there := make(map[uint64]string)
	once := make(map[string]bool)
	newest := last(s, conversation)
	for i, m := range messages {
		if m.Seq != messages[0].Seq+uint64(i) {
			t.Errorf("%s: %d behind %d", conversation, m.Seq, messages[0].Seq+uint64(i)-1)
		}
		if once[string(m.Body)] {
			t.Errorf("%s: %q is there twice", conversation, m.Body)
		}
		once[string(m.Body)] = true
		there[m.Seq] = string(m.Body)
	}
	for seq, text := range acked {
		if keep > 0 && seq+uint64(keep) <= newest {
			continue // need not be kept
		}
		if there[seq] != text {
			t.Errorf("%s: %d is %q, was acknowledged as %q", conversation, seq, there[seq], text)
		}
	}
}
