//go:build e2e

package e2e

import (
	"bytes"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"wschat/handshake"
	"wschat/hub/chat"
	"wschat/hub/journal"
)

// PROTOCOL 2: "A mark may follow a letter of a script that needs marks to write".
func TestNamesWithMarks(t *testing.T) {
	s := start(t)
	watcher := s.login("W")
	for _, name := range []string{
		"प्रिया", "বাংলা", "தமிழ்", "สมชาย", "น้ำ", "ភ្នំពេញ", "အောင်", "مُحَم", "שָׁלוֹם",
		"Ad\u00e9b\u00e1y\u1ecd\u0300", "\u1eb9\u0301", // Yoruba
	} {
		s.run(name, func(t *testing.T) {
			c := s.login(name)
			watcher.hears("用户(" + name + ")登录了")
			watcher.say(name+",hi", "group"+name+",hi")
			c.hears("用户(W=>" + name + "):hi")
			watcher.hears("用户(W=>W):hi")
			c.say("join,group"+name, "W,hi", "history,W")
			c.hears("系统:已加入 group"+name, "用户(W=>"+name+"):hi", "用户("+name+"=>W):hi")
			watcher.hears("用户(" + name + "=>W):hi")
			c.leave()
			watcher.hears("用户(" + name + ")退出了")
		})
	}
}

// PROTOCOL 2: "Refused is what has another canonical form …; and what mixes scripts
// that look alike", PROTOCOL 1: "400, with one plain sentence".
func TestNamesRefused(t *testing.T) {
	s := start(t)
	a := s.login("A")
	for name, why := range map[string]string{
		"e\u0301":                        "can be written in another way", // é is one character
		"o\u0323\u0301":                  "can be written in another way",
		"\u1112\u1161\u11ab":             "can be written in another way", // 한
		"\u212a":                         "can be written in another way", // the Kelvin sign
		"\uf900":                         "can be written in another way",
		"\u0958":                         "can be written in another way",
		"\u0645\u0651\u064e":             "can be written in another way", // marks in another order
		"\uff21":                         "has a compatibility form",
		"\ufb00":                         "has a compatibility form",
		"\u01c9":                         "has a compatibility form",
		"p\u0430ypal":                    "mixes scripts", // a Cyrillic a
		"\u0391dmin":                     "mixes scripts",
		"12\u09ea":                       "mixes scripts, or digits", // a Bengali 4
		"ж\u0301":                        "has a mark",
		"\u0939\u09bf":                   "has a mark",
		"क\u093f\u093f\u093f" + "\u093f": "has a mark",
		"\u3164":                         "has a character that is no letter",
	} {
		_, err := s.dial(handshake.Dialer{}, socket(name))
		var refused *handshake.StatusError
		if !errors.As(err, &refused) || refused.Status != 400 || !strings.HasPrefix(refused.Body, "expected a userId") ||
			!strings.Contains(refused.Body, "the name "+why) || strings.Count(strings.TrimSpace(refused.Body), "\n") > 0 {
			t.Errorf("%+q: got %v, want 400 and a sentence with %q", name, err, why)
		}
		a.say(name+",x", "join,group"+name)
		a.hears("错误:用户编号无效,应为 1 到 64 字节的字母、数字或 _ - . @", "错误:群组名无效,应为 group 加 1 到 58 字节的字母、数字或 _ - . @")
	}
}

// A journal may have users and groups whose names were accepted once: the server
// starts, and they are forgotten.
func TestNamesOfOldJournals(t *testing.T) {
	const user, group = "e\u0301", "groupp\u0430ypal"
	dir := t.TempDir()
	old, err := journal.Open(journal.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{user, "A"} {
		old.SetMember(name, group, true, func(error) {})
		old.SetMember(name, "groupA", true, func(error) {})
		old.Seen(name, time.Now())
	}
	said := make(chan error, 2)
	old.Append(&chat.Message{Conversation: group, From: user, To: group, Body: []byte("hi")}, func(err error) { said <- err })
	old.Append(&chat.Message{Conversation: "groupA", From: user, To: "groupA", Body: []byte("hi")}, func(err error) { said <- err })
	if err := errors.Join(<-said, <-said, old.Close()); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second start knows that they are forgotten
		s := start(t, "-data", dir, "-admin", "127.0.0.1:0")
		if _, body := s.Admin("/api/groups", ""); strings.TrimSpace(body) != `{"count":1,"groups":[{"group":"groupA","members":1,"online":0}]}` {
			t.Errorf("groups: %s", body)
		}
		a := s.login("A")
		a.say(user+",hi", "leave,groupA", "join,groupA", "history,groupA")
		a.hears("错误:用户编号无效,应为 1 到 64 字节的字母、数字或 _ - . @", "系统:已离开 groupA", "系统:已加入 groupA", "用户("+user+"=>A):hi")
		a.leave()
		s.Stop()
	}
}

// The server's tables, and the page's check, agree with the Unicode of node for all
// characters and for letters with up to three marks. What is newer than one of them
// is left out.
func TestNamesAgreeWithUnicode(t *testing.T) {
	t.Parallel()
	names := candidates()
	page, err := filepath.Abs("../../../static/state/names.js")
	if err != nil {
		t.Fatal(err)
	}
	node := exec.Command("node", "--input-type=module", "--eval", `
		import { readFileSync, writeSync } from 'node:fs';
		import { isUserId } from `+quoted("file://"+page)+`;
		const names = readFileSync(0, 'utf8').split('\n');
		const answer = Buffer.from(names.map((name) => (/\p{Cn}/u.test(name) ? 'n' : isUserId(name) ? 'y' : name.normalize() === name ? '-' : 'f')).join(''));
		for (let at = 0; at < answer.length;) at += writeSync(1, answer, at);
	`)
	var errs bytes.Buffer
	node.Stdin, node.Stderr = strings.NewReader(strings.Join(names, "\n")), &errs
	answers, err := node.Output()
	if err != nil || len(answers) != len(names) {
		t.Fatalf("%d answers to %d names, %v: %s", len(answers), len(names), err, errs.String())
	}
	count := map[byte]int{}
	bad := 0
	for i, name := range names {
		err := chat.CheckUser(name)
		count[answers[i]]++
		if answers[i] == 'n' || (err == nil) == (answers[i] == 'y') {
			continue
		}
		if bad++; bad <= 50 {
			t.Errorf("%+q: the server says %v, the page %c", name, err, answers[i])
		}
	}
	t.Logf("%d names: %d accepted, %d in another form, %d newer; %d differ", len(names), count['y'], count['f'], count['n'], bad)
}

// candidates are names made of letters and marks: every character alone and beside
// others, every letter with the marks of its script, marks in every order, jamo.
func candidates() (names []string) {
	add := func(runes ...rune) { names = append(names, string(runes)) }
	var marks []rune // those that may follow letters of other scripts
	letters := map[*unicode.RangeTable][]rune{}
	own := map[*unicode.RangeTable][]rune{}
	for r := range unicode.MaxRune + 1 {
		if !unicode.In(r, unicode.L, unicode.M, unicode.N) {
			continue
		}
		add(r)
		if unicode.In(r, unicode.Han, unicode.Hangul) {
			continue
		}
		add('a', r)
		add('ก', r)
		for _, script := range unicode.Scripts {
			switch {
			case !unicode.Is(script, r):
			case !unicode.IsMark(r):
				letters[script] = append(letters[script], r)
			case script == unicode.Inherited:
				marks = append(marks, r)
			default:
				own[script] = append(own[script], r)
			}
		}
	}
	for _, r := range []rune{0x0300, 0x0301, 0x0302, 0x0304, 0x0308, 0x0323} {
		own[unicode.Latin] = append(own[unicode.Latin], r)
	}
	for r := rune(0x064b); r <= 0x0655; r++ {
		own[unicode.Arabic] = append(own[unicode.Arabic], r)
	}
	delete(own, unicode.Common)
	for script, own := range own {
		for i, letter := range letters[script] {
			for _, a := range own {
				add(letter, a)
				if i >= 4 && script != unicode.Latin {
					continue
				}
				for _, b := range own {
					add(letter, a, b)
				}
			}
		}
	}
	// The order of all marks: each with one of every class.
	for _, r := range marks {
		for _, other := range []rune{0x0301, 0x0316, 0x0327, 0x0334, 0x0345, 0x0315, 0x031b, 0x035c, 0x035d, 0x302a, 0x302e, 0x05b0, 0x0e38, 0x0e48} {
			add('ก', r, other)
			add('ก', other, r)
		}
	}
	for a := rune(0x10ff); a <= 0x1113; a++ {
		for b := rune(0x1160); b <= 0x1176; b++ {
			add(a, b)
		}
	}
	for a := rune(0xac00); a <= 0xd7a3; a += 27 {
		for b := rune(0x11a7); b <= 0x11c3; b++ {
			add(a, b)
		}
	}
	return names
}
