package hub

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"wschat/frame"
)

func TestParseJSON(t *testing.T) {
	id64 := strings.Repeat("i", 64)
	long := strings.Repeat("长", 1<<20/3)
	send := func(to, body string) Request { return Request{Op: Send, Target: to, Body: []byte(body)} }
	history := func(q Query) Request { return Request{Op: History, Target: "B", Query: q} }
	newest := Query{Limit: 50}
	for _, test := range []struct {
		text string
		want Request
		err  error
	}{
		{`{"op":"send","to":"B","text":"x"}`, send("B", "x"), nil},
		{" \t\r\n" + `{ "op" : "send" , "to":"all","text":"x" }` + "\n", send("all", "x"), nil},
		{`{"text":"x","to":"group前端","op":"send"}`, send("group前端", "x"), nil},
		{`{"op":"send","to":"\u0042","text":"\ud83d\ude00\u0000\n"}`, send("B", "😀\x00\n"), nil},
		{`{"op":"send","to":"B","text":"\ud800"}`, send("B", "\ufffd"), nil}, // half a character is none
		{`{"op":"send","to":"B","text":"\udc00x\ud800\ud800"}`, send("B", "\ufffdx\ufffd\ufffd"), nil},
		{`{"op":"send","to":"B","text":"` + long + `"}`, send("B", long), nil},
		{`{"op":"send","to":"B","text":"x","extra":[{"op":"join"}],"":null}`, send("B", "x"), nil},
		{`{"op":"join","op":"send","to":"A","to":"B","text":"x"}`, send("B", "x"), nil}, // the last counts
		{`{"op":"send","to":"B","text":"x","OP":"join","To":"C","group":5}`, send("B", "x"), nil},
		{`{"\u006fp":"send","to":"B","text":"x"}`, send("B", "x"), nil},

		{``, Request{}, ErrNotJSON},
		{`{`, Request{}, ErrNotJSON},
		{`{}{}`, Request{}, ErrNotJSON},
		{`{"op":"who"} x`, Request{}, ErrNotJSON},
		{`{"op":"who",}`, Request{}, ErrNotJSON},
		{`{'op':'who'}`, Request{}, ErrNotJSON},
		{`{op:"who"}`, Request{}, ErrNotJSON},
		{`{"op":"who"`, Request{}, ErrNotJSON},
		{`{"op":"who","text":"` + "\n" + `"}`, Request{}, ErrNotJSON},
		{`{"op":"who","x":"\x"}`, Request{}, ErrNotJSON},
		{`{"op":"who","x":01}`, Request{}, ErrNotJSON},
		{`[]`, Request{}, ErrNotJSON},
		{`[{"op":"who"}]`, Request{}, ErrNotJSON},
		{`"who"`, Request{}, ErrNotJSON},
		{`5`, Request{}, ErrNotJSON},
		{`null`, Request{}, ErrNotJSON},
		{` null`, Request{}, ErrNotJSON},
		{`true`, Request{}, ErrNotJSON},
		{`B,text`, Request{}, ErrNotJSON},
		{"\ufeff" + `{"op":"who"}`, Request{}, ErrNotJSON},
		{strings.Repeat("[", 100_000), Request{}, ErrNotJSON},
		{`{"op":"who","x":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`, Request{}, ErrNotJSON},
		{strings.Repeat(`{"op":`, 100_000), Request{}, ErrNotJSON},

		{`{}`, Request{}, ErrNoOp},
		{`{"OP":"who"}`, Request{}, ErrNoOp},
		{`{"Op":"who"}`, Request{}, ErrNoOp},
		{`{"op":5}`, Request{}, ErrNoOp},
		{`{"op":null}`, Request{}, ErrNoOp},
		{`{"op":["who"]}`, Request{}, ErrNoOp},
		{`{"op":""}`, Request{}, ErrUnknownOp},
		{`{"op":"WHO"}`, Request{}, ErrUnknownOp},
		{`{"op":"login"}`, Request{}, ErrUnknownOp},
		{`{"op":"ping"}`, Request{}, ErrUnknownOp},

		{`{"op":"who","id":"` + id64 + `"}`, Request{Op: Who, ID: id64}, nil},
		{`{"op":"who","id":"` + id64 + `5"}`, Request{}, ErrBadID},
		{`{"op":"who","id":"` + strings.Repeat("前", 22) + `"}`, Request{}, ErrBadID}, // 66 bytes
		{`{"op":"who","id":"` + strings.Repeat(`\u524d`, 21) + `"}`, Request{Op: Who, ID: strings.Repeat("前", 21)}, nil},
		{`{"op":"who","id":7}`, Request{}, ErrBadID},
		{`{"op":"who","id":null}`, Request{}, ErrBadID},
		{`{"op":"who","id":["7"]}`, Request{}, ErrBadID},
		{`{"op":"who","id":""}`, Request{Op: Who}, nil}, // none
		{`{"op":"who","ID":7}`, Request{Op: Who}, nil},
		{`{"op":"ping","id":"7"}`, Request{ID: "7"}, ErrUnknownOp},
		{`{"id":"7"}`, Request{ID: "7"}, ErrNoOp},

		{`{"op":"send","id":"7","text":"x"}`, Request{ID: "7"}, ErrBadUser},
		{`{"op":"send","to":"","text":"x"}`, Request{}, ErrBadUser},
		{`{"op":"send","to":"a b","text":"x"}`, Request{}, ErrBadUser},
		{`{"op":"send","to":"who","text":"x"}`, Request{}, ErrBadUser},
		{`{"op":"send","to":"A,B","text":"x"}`, Request{}, ErrBadUser},
		{`{"op":"send","to":"\ud800","text":"x"}`, Request{}, ErrBadUser},
		{`{"op":"send","to":"B\u0000","text":"x"}`, Request{}, ErrBadUser},
		{`{"op":"send","to":"group","text":"x"}`, Request{}, ErrBadGroup},
		{`{"op":"send","to":5,"text":"x"}`, Request{}, ErrBadField},
		{`{"op":"send","to":null,"text":"x"}`, Request{}, ErrBadField},
		{`{"op":"send","to":["B"],"text":"x"}`, Request{}, ErrBadField},
		{`{"op":"send","to":"B"}`, Request{}, ErrEmptyBody},
		{`{"op":"send","to":"B","text":""}`, Request{}, ErrEmptyBody},
		{`{"op":"send","to":"B","text":5}`, Request{}, ErrBadField},
		{`{"op":"send","to":"B","text":null}`, Request{}, ErrBadField},
		{`{"op":"send","to":"B","data":"AA=="}`, Request{}, ErrEmptyBody},

		{`{"op":"join","group":"groupX"}`, Request{Op: Join, Target: "groupX"}, nil},
		{`{"op":"leave","group":"groupX"}`, Request{Op: Leave, Target: "groupX"}, nil},
		{`{"op":"join"}`, Request{}, ErrBadGroup},
		{`{"op":"leave","group":""}`, Request{}, ErrBadGroup},
		{`{"op":"join","group":"all"}`, Request{}, ErrBadGroup},
		{`{"op":"join","group":"group` + strings.Repeat("x", 59) + `"}`, Request{}, ErrBadGroup},
		{`{"op":"join","group":5}`, Request{}, ErrBadField},
		{`{"op":"leave","group":null}`, Request{}, ErrBadField},
		{`{"op":"join","to":"groupX"}`, Request{}, ErrBadGroup},

		{`{"op":"who"}`, Request{Op: Who}, nil},
		{`{"op":"who","group":"groupX"}`, Request{Op: Who, Target: "groupX"}, nil},
		{`{"op":"who","group":""}`, Request{}, ErrBadGroup},
		{`{"op":"who","group":"B"}`, Request{}, ErrBadGroup},
		{`{"op":"who","group":null}`, Request{}, ErrBadField},

		{`{"op":"history","of":"B"}`, history(newest), nil},
		{`{"op":"history","of":"B","before":812,"limit":5}`, history(Query{Before, 812, 5}), nil},
		{`{"op":"history","of":"B","after":0,"limit":1000}`, history(Query{After, 0, 200}), nil},
		{`{"op":"history"}`, Request{}, ErrBadUser},
		{`{"op":"history","of":""}`, Request{}, ErrBadUser},
		{`{"op":"history","of":"groupé!"}`, Request{}, ErrBadGroup},
		{`{"op":"history","of":{}}`, Request{}, ErrBadField},
		{`{"op":"history","of":"B","before":1,"after":1}`, Request{}, ErrBadField},
		{`{"op":"history","of":"B","limit":0}`, Request{}, ErrBadField},
	} {
		got, err := ParseJSON(frame.Text, []byte(test.text))
		if !errors.Is(err, test.err) || (err != nil) != (test.err != nil) {
			t.Errorf("%.80s: error %v, want %v", test.text, err, test.err)
		}
		if err != nil {
			got = Request{ID: got.ID} // what else there is does not count
		}
		if fmt.Sprint(got) != fmt.Sprint(test.want) {
			t.Errorf("%.80s: got %.200v, want %.200v", test.text, got, test.want)
		}
	}
}

// What is accepted can be done, and what is not says so.
func FuzzParseJSON(f *testing.F) {
	for _, text := range []string{
		`{"op":"send","id":"7","to":"groupA","text":"…"}`, `{"op":"join","id":"8","group":"groupA"}`, `{"op":"leave","group":"groupA"}`,
		`{"op":"who","id":"9"}`, `{"op":"history","of":"groupA","before":812,"limit":50}`, `{"op":"history","of":"B","after":1e3}`,
		`{"op":"send","to":"B","text":"\ud800\u0000"}`, `{"id":null}`, `[]`, `null`, `{"op":{"op":[[[{}]]]}}`, `{"op":"who","op":5}`, ``,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := ParseJSON(frame.Text, text)
		if len(r.ID) > maxID {
			t.Fatalf("%q: the id %q", text, r.ID)
		}
		if err != nil {
			if e := (*Error)(nil); !errors.As(err, &e) {
				t.Fatalf("%q: error %#v", text, err)
			} else if answer := jsonSpeech.failed(jsonSpeech{}, r.ID, e).(jsonText); !json.Valid(answer) {
				t.Fatalf("%q is answered with %q", text, answer)
			}
			return
		}
		target := r.Target == Everyone || ValidUser(r.Target) || ValidGroup(r.Target)
		valid := false
		switch r.Op {
		case Send:
			valid = target && len(r.Body) > 0
		case Join, Leave:
			valid = ValidGroup(r.Target)
		case Who:
			valid = r.Target == "" || ValidGroup(r.Target)
		case History:
			valid = target && r.Query.Limit >= 1 && r.Query.Limit <= maxHistory && (r.Query.Direction != Newest || r.Query.Seq == 0)
		}
		if !valid || r.Binary || !json.Valid(text) {
			t.Fatalf("%q was parsed as %+v", text, r)
		}
	})
}
