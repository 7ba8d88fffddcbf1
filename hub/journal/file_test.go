package journal

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"wschat/hub/chat"
)

// PROTOCOL 10: the file of a message outlives the process and compactions, and what is said of
// it is gone from disk when the message is.
func TestFilesOutliveTheProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		config := Config{Dir: dir, segmentSize: 200, compactAt: never}
		s := open(t, config)
		for i, file := range []string{`{"id":"kept"}`, `{"id":"secret"}`} {
			m := text("groupA", "")
			m.Body, m.File = nil, file
			must(t, try(s, m, ""))
			m = about(chat.Reply, uint64(2*i+1), "groupA", "reply")
			m.File = file
			must(t, try(s, m, ""))
		}
		amend(t, s, chat.Edit, 1, "groupA", "edited")
		amend(t, s, chat.Deletion, 3, "groupA", "")
		amend(t, s, chat.Deletion, 4, "groupA", "")
		files := func() (files []string) {
			messages, _, _ := s.History("groupA", chat.Query{Limit: 100})
			for _, m := range messages {
				files = append(files, m.File)
			}
			return files
		}
		check := func(when string) {
			t.Helper()
			got := files()
			if len(got) != 7 || got[0] != `{"id":"kept"}` || got[1] != got[0] || got[2]+got[3]+got[4]+got[5]+got[6] != "" {
				t.Errorf("%s the files are %q", when, got)
			}
		}
		check("at first")
		s.Close()
		s = open(t, config)
		check("after a restart")
		time.Sleep(time.Hour)
		synctest.Wait()
		check("after an hour")
		s.Close()
		s = open(t, config)
		check("after a compaction and a restart")
		s.Close()
		segments, _ := filepath.Glob(filepath.Join(dir, "*"))
		for _, path := range segments {
			if data, err := os.ReadFile(path); err == nil && bytes.Contains(data, []byte("secret")) {
				t.Errorf("%s still has the name of a deleted file", path)
			}
		}
	})
}
