package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"wschat/frame"
	"wschat/hub/chat"
)

func TestParseJSON(t *testing.T) {
	id64 := strings.Repeat("i", 64)
	long := strings.Repeat("长", 1<<20/3)
	send := func(to, body string) Request { return Request{Op: Send, Target: to, Body: []byte(body)} }
	history := func(q chat.Query) Request { return Request{Op: History, Target: "B", Query: q} }
	newest := chat.Query{Limit: 50}
	about := func(kind chat.Kind, seq uint64, body string) Request {
		return Request{Op: Send, Target: "B", Kind: kind, About: seq, Body: []byte(body)}
	}
	mark := func(c chat.MarkChange) Request { return Request{Op: Mark, Target: "groupA", Marks: c} }
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

		{``, Request{}, chat.ErrNotJSON},
		{`{`, Request{}, chat.ErrNotJSON},
		{`{}{}`, Request{}, chat.ErrNotJSON},
		{`{"op":"who"} x`, Request{}, chat.ErrNotJSON},
		{`{"op":"who",}`, Request{}, chat.ErrNotJSON},
		{`{'op':'who'}`, Request{}, chat.ErrNotJSON},
		{`{op:"who"}`, Request{}, chat.ErrNotJSON},
		{`{"op":"who"`, Request{}, chat.ErrNotJSON},
		{`{"op":"who","text":"` + "\n" + `"}`, Request{}, chat.ErrNotJSON},
		{`{"op":"who","x":"\x"}`, Request{}, chat.ErrNotJSON},
		{`{"op":"who","x":01}`, Request{}, chat.ErrNotJSON},
		{`[]`, Request{}, chat.ErrNotJSON},
		{`[{"op":"who"}]`, Request{}, chat.ErrNotJSON},
		{`"who"`, Request{}, chat.ErrNotJSON},
		{`5`, Request{}, chat.ErrNotJSON},
		{`null`, Request{}, chat.ErrNotJSON},
		{` null`, Request{}, chat.ErrNotJSON},
		{`true`, Request{}, chat.ErrNotJSON},
		{`B,text`, Request{}, chat.ErrNotJSON},
		{"\ufeff" + `{"op":"who"}`, Request{}, chat.ErrNotJSON},
		{strings.Repeat("[", 100_000), Request{}, chat.ErrNotJSON},
		{`{"op":"who","x":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`, Request{}, chat.ErrNotJSON},
		{strings.Repeat(`{"op":`, 100_000), Request{}, chat.ErrNotJSON},

		{`{}`, Request{}, chat.ErrNoOp},
		{`{"OP":"who"}`, Request{}, chat.ErrNoOp},
		{`{"Op":"who"}`, Request{}, chat.ErrNoOp},
		{`{"op":5}`, Request{}, chat.ErrNoOp},
		{`{"op":null}`, Request{}, chat.ErrNoOp},
		{`{"op":["who"]}`, Request{}, chat.ErrNoOp},
		{`{"op":""}`, Request{}, chat.ErrUnknownOp},
		{`{"op":"WHO"}`, Request{}, chat.ErrUnknownOp},
		{`{"op":"login"}`, Request{}, chat.ErrUnknownOp},
		{`{"op":"ping"}`, Request{}, chat.ErrUnknownOp},

		{`{"op":"who","id":"` + id64 + `"}`, Request{Op: Who, ID: id64}, nil},
		{`{"op":"who","id":"` + id64 + `5"}`, Request{}, chat.ErrBadID},
		{`{"op":"who","id":"` + strings.Repeat("前", 22) + `"}`, Request{}, chat.ErrBadID}, // 66 bytes
		{`{"op":"who","id":"` + strings.Repeat(`\u524d`, 21) + `"}`, Request{Op: Who, ID: strings.Repeat("前", 21)}, nil},
		{`{"op":"who","id":7}`, Request{}, chat.ErrBadID},
		{`{"op":"who","id":null}`, Request{}, chat.ErrBadID},
		{`{"op":"who","id":["7"]}`, Request{}, chat.ErrBadID},
		{`{"op":"who","id":""}`, Request{Op: Who}, nil}, // none
		{`{"op":"who","ID":7}`, Request{Op: Who}, nil},
		{`{"op":"ping","id":"7"}`, Request{ID: "7"}, chat.ErrUnknownOp},
		{`{"id":"7"}`, Request{ID: "7"}, chat.ErrNoOp},

		{`{"op":"send","id":"7","text":"x"}`, Request{ID: "7"}, chat.ErrBadUser},
		{`{"op":"send","to":"","text":"x"}`, Request{}, chat.ErrBadUser},
		{`{"op":"send","to":"a b","text":"x"}`, Request{}, chat.ErrBadUser},
		{`{"op":"send","to":"who","text":"x"}`, Request{}, chat.ErrBadUser},
		{`{"op":"send","to":"A,B","text":"x"}`, Request{}, chat.ErrBadUser},
		{`{"op":"send","to":"\ud800","text":"x"}`, Request{}, chat.ErrBadUser},
		{`{"op":"send","to":"B\u0000","text":"x"}`, Request{}, chat.ErrBadUser},
		{`{"op":"send","to":"group","text":"x"}`, Request{}, chat.ErrBadGroup},
		{`{"op":"send","to":5,"text":"x"}`, Request{}, chat.ErrBadField},
		{`{"op":"send","to":null,"text":"x"}`, Request{}, chat.ErrBadField},
		{`{"op":"send","to":["B"],"text":"x"}`, Request{}, chat.ErrBadField},
		{`{"op":"send","to":"B"}`, Request{}, chat.ErrEmptyBody},
		{`{"op":"send","to":"B","text":""}`, Request{}, chat.ErrEmptyBody},
		{`{"op":"send","to":"B","text":5}`, Request{}, chat.ErrBadField},
		{`{"op":"send","to":"B","text":null}`, Request{}, chat.ErrBadField},
		{`{"op":"send","to":"B","data":"AA=="}`, Request{}, chat.ErrEmptyBody},

		{`{"op":"join","group":"groupX"}`, Request{Op: Join, Target: "groupX"}, nil},
		{`{"op":"leave","group":"groupX"}`, Request{Op: Leave, Target: "groupX"}, nil},
		{`{"op":"join"}`, Request{}, chat.ErrBadGroup},
		{`{"op":"leave","group":""}`, Request{}, chat.ErrBadGroup},
		{`{"op":"join","group":"all"}`, Request{}, chat.ErrBadGroup},
		{`{"op":"join","group":"group` + strings.Repeat("x", 59) + `"}`, Request{}, chat.ErrBadGroup},
		{`{"op":"join","group":5}`, Request{}, chat.ErrBadField},
		{`{"op":"leave","group":null}`, Request{}, chat.ErrBadField},
		{`{"op":"join","to":"groupX"}`, Request{}, chat.ErrBadGroup},

		{`{"op":"who"}`, Request{Op: Who}, nil},
		{`{"op":"who","group":"groupX"}`, Request{Op: Who, Target: "groupX"}, nil},
		{`{"op":"who","group":""}`, Request{}, chat.ErrBadGroup},
		{`{"op":"who","group":"B"}`, Request{}, chat.ErrBadGroup},
		{`{"op":"who","group":null}`, Request{}, chat.ErrBadField},

		{`{"op":"history","of":"B"}`, history(newest), nil},
		{`{"op":"history","of":"B","before":812,"limit":5}`, history(chat.Query{Direction: chat.Before, Seq: 812, Limit: 5}), nil},
		{`{"op":"history","of":"B","after":0,"limit":1000}`, history(chat.Query{Direction: chat.After, Seq: 0, Limit: 200}), nil},
		{`{"op":"history"}`, Request{}, chat.ErrBadUser},
		{`{"op":"history","of":""}`, Request{}, chat.ErrBadUser},
		{`{"op":"history","of":"groupé!"}`, Request{}, chat.ErrBadGroup},
		{`{"op":"history","of":{}}`, Request{}, chat.ErrBadField},
		{`{"op":"history","of":"B","before":1,"after":1}`, Request{}, chat.ErrBadField},
		{`{"op":"history","of":"B","limit":0}`, Request{}, chat.ErrBadField},
		{`{"op":"history","of":"B","around":640}`, history(chat.Query{Direction: chat.Around, Seq: 640, Limit: 50}), nil},
		{`{"op":"history","of":"B","around":640,"after":1}`, Request{}, chat.ErrBadField},
		{`{"op":"history","of":"B","around":null}`, Request{}, chat.ErrBadField},

		// 5.1: "Two of them at once, …, a reaction of more than 32 bytes: bad_request. An empty
		// reply or edit is a bad_request."
		{`{"op":"send","to":"B","text":"x","reply":41}`, about(chat.Reply, 41, "x"), nil},
		{`{"op":"send","to":"B","text":"x","edit":41}`, about(chat.Edit, 41, "x"), nil},
		{`{"op":"send","to":"B","delete":41}`, about(chat.Deletion, 41, ""), nil},
		{`{"op":"send","to":"B","delete":41,"text":"x"}`, about(chat.Deletion, 41, ""), nil},
		{`{"op":"send","to":"B","text":"👍","react":41}`, about(chat.Reaction, 41, "👍"), nil},
		{`{"op":"send","to":"B","react":41}`, about(chat.Reaction, 41, ""), nil},
		{`{"op":"send","to":"B","react":0}`, about(chat.Reaction, 0, ""), nil},
		{`{"op":"send","to":"B","react":41,"text":"` + strings.Repeat("👍", 8) + `"}`, about(chat.Reaction, 41, strings.Repeat("👍", 8)), nil},
		{`{"op":"send","to":"B","react":41,"text":"` + strings.Repeat("x", 33) + `"}`, Request{}, chat.ErrBadField},
		{`{"op":"send","to":"B","text":"","reply":41}`, Request{}, chat.ErrEmptyBody},
		{`{"op":"send","to":"B","edit":41}`, Request{}, chat.ErrEmptyBody},
		{`{"op":"send","to":"B","text":"x","edit":41,"reply":41}`, Request{}, chat.ErrTwoKinds},
		{`{"op":"send","to":"B","react":41,"delete":41}`, Request{}, chat.ErrTwoKinds},
		{`{"op":"send","to":"B","text":"x","reply":"41"}`, Request{}, chat.ErrBadField},
		{`{"op":"send","to":"B","text":"x","reply":-1}`, Request{}, chat.ErrBadField},
		{`{"op":"send","to":"B","text":"x","edit":null}`, Request{}, chat.ErrBadField},

		// 5.2
		{`{"op":"mark","of":"groupA","read":41}`, mark(chat.MarkChange{Read: 41}), nil},
		{`{"op":"mark","of":"groupA","read":0}`, mark(chat.MarkChange{}), nil},
		{`{"op":"mark","of":"groupA","mute":true,"hide":false,"pin":true}`, mark(chat.MarkChange{Set: chat.Mute | chat.Pin, Clear: chat.Hide}), nil},
		{`{"op":"mark","of":"groupA"}`, Request{}, chat.ErrNoMark},
		{`{"op":"mark","of":"groupA","mute":1}`, Request{}, chat.ErrBadField},
		{`{"op":"mark","of":"groupA","read":true}`, Request{}, chat.ErrBadField},
		{`{"op":"mark","read":1}`, Request{}, chat.ErrBadUser},
		{`{"op":"typing","to":"groupA"}`, Request{Op: Typing, Target: "groupA"}, nil},
		{`{"op":"typing","to":"B"}`, Request{Op: Typing, Target: "B"}, nil},
		{`{"op":"typing","to":"all"}`, Request{}, chat.ErrTypingToAll},
		{`{"op":"search","text":"invoice may","of":"groupA","before":812}`, Request{Op: Search, Target: "groupA", Body: []byte("invoice may"), Query: chat.Query{Direction: chat.Before, Seq: 812, Limit: 20}}, nil},
		{`{"op":"search","text":"x","limit":51}`, Request{Op: Search, Body: []byte("x"), Query: chat.Query{Limit: 50}}, nil},
		{`{"op":"search","text":"x","limit":0}`, Request{}, chat.ErrBadField},
		{`{"op":"search","text":"x","before":812}`, Request{}, chat.ErrBadField},
		{`{"op":"search","text":" \t\n"}`, Request{}, chat.ErrEmptyBody},
		{`{"op":"search"}`, Request{}, chat.ErrEmptyBody},
		{`{"op":"groups"}`, Request{Op: Groups, Query: chat.Query{Limit: 100}}, nil},
		{`{"op":"groups","prefix":"groupP","after":"groupPa","limit":5000}`, Request{Op: Groups, Prefix: "groupP", After: "groupPa", Query: chat.Query{Limit: 1000}}, nil},
		{`{"op":"groups","prefix":5}`, Request{}, chat.ErrBadField},
		{`{"op":"topic","group":"groupA","text":"tea"}`, Request{Op: Topic, Target: "groupA", Body: []byte("tea")}, nil},
		{`{"op":"topic","group":"groupA"}`, Request{Op: Topic, Target: "groupA"}, nil},
		{`{"op":"topic","group":"groupA","text":"` + strings.Repeat("x", 257) + `"}`, Request{}, chat.ErrBadField},
		{`{"op":"topic","group":"B","text":"tea"}`, Request{}, chat.ErrBadGroup},
		{`{"op":"kick","user":"B"}`, Request{Op: Kick, User: "B"}, nil},
		{`{"op":"kick","user":"B","for":"10m"}`, Request{Op: Kick, User: "B", Ban: 10 * time.Minute}, nil},
		{`{"op":"kick"}`, Request{}, chat.ErrBadUser},
		{`{"op":"kick","user":"all"}`, Request{}, chat.ErrBadUser},
		{`{"op":"kick","user":"groupA"}`, Request{}, chat.ErrBadUser},
		{`{"op":"kick","user":7}`, Request{}, chat.ErrBadField},
		{`{"op":"kick","user":"B","for":"10"}`, Request{}, chat.ErrBadField},
		{`{"op":"kick","user":"B","for":"-1m"}`, Request{}, chat.ErrBadField},
		{`{"op":"kick","user":"B","for":"0s"}`, Request{}, chat.ErrBadField},
		{`{"op":"kick","user":"B","for":""}`, Request{}, chat.ErrBadField},
		{`{"op":"kick","user":"B","for":600}`, Request{}, chat.ErrBadField},
		{`{"op":"who","group":"groupX","away":true}`, Request{Op: Who, Target: "groupX", Away: true}, nil},
		{`{"op":"who","away":"yes"}`, Request{}, chat.ErrBadField},
	} {
		got, err := (JSON{}).Parse(frame.Text, []byte(test.text))
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
		`{"op":"send","to":"B","text":"x","reply":41}`, `{"op":"send","to":"B","react":41}`, `{"op":"send","to":"B","edit":1,"delete":1}`,
		`{"op":"mark","of":"groupA","read":41,"mute":true,"pin":false}`, `{"op":"typing","to":"B"}`, `{"op":"search","text":"a b","of":"B","before":7,"limit":2}`,
		`{"op":"groups","prefix":"groupP","after":"groupPa","limit":100}`, `{"op":"topic","group":"groupA","text":"tea"}`, `{"op":"who","group":"groupA","away":true}`,
		`{"op":"kick","user":"B","for":"10m"}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := (JSON{}).Parse(frame.Text, text)
		if len(r.ID) > maxID {
			t.Fatalf("%q: the id %q", text, r.ID)
		}
		if err != nil {
			if e := (*chat.Error)(nil); !errors.As(err, &e) {
				t.Fatalf("%q: error %#v", text, err)
			} else if answer := (JSON{}).Failed(r.ID, e); !json.Valid(answer) {
				t.Fatalf("%q is answered with %q", text, answer)
			}
			return
		}
		target := r.Target == chat.Everyone || chat.ValidUser(r.Target) || chat.ValidGroup(r.Target)
		valid := false
		switch r.Op {
		case Send:
			switch r.Kind {
			case chat.Deletion:
				valid = target && len(r.Body) == 0
			case chat.Reaction:
				valid = target && len(r.Body) <= chat.MaxReaction
			default:
				valid = target && len(r.Body) > 0
			}
			valid = valid && (r.Kind != chat.Plain || r.About == 0)
		case Join, Leave:
			valid = chat.ValidGroup(r.Target)
		case Who:
			valid = r.Target == "" || chat.ValidGroup(r.Target)
		case History:
			valid = target && r.Query.Limit >= 1 && r.Query.Limit <= maxHistory && (r.Query.Direction != chat.Newest || r.Query.Seq == 0)
		case Mark:
			valid = target && r.Marks.Set&r.Marks.Clear == 0
		case Typing:
			valid = target && r.Target != chat.Everyone
		case Search:
			valid = (target || r.Target == "" && r.Query.Seq == 0) && len(r.Body) > 0 && r.Query.Limit >= 1 && r.Query.Limit <= maxSearch
		case Groups:
			valid = r.Query.Limit >= 1 && r.Query.Limit <= maxGroups
		case Topic:
			valid = chat.ValidGroup(r.Target) && len(r.Body) <= chat.MaxTopic
		case Kick:
			valid = chat.ValidUser(r.User) && r.Ban >= 0
		}
		if !valid || r.Binary || !json.Valid(text) {
			t.Fatalf("%q was parsed as %+v", text, r)
		}
	})
}

// The scanner accepts what encoding/json does, and finds the same.
func FuzzScan(f *testing.F) {
	for _, text := range []string{
		`{"op":"send","id":"7","to":"groupA","text":"…"}`, ` { "op" : [ { "a" : [ ] , "b" : { } } , -0.5e+7 , true , null ] , "op" : "\ud83d\ude00\ud800x\u00e9\n\/" } `,
		`{"\u006fp":1,"id":"\ud800\ud800","text":"` + "\xff\xe6\xb1" + `"}`, `{"limit":01}`, `{"limit":1.}`, `{"limit":-}`, `{"limit":1E5,"after":0}`,
		`{"a":"\u12"}`, `{"a":"\x"}`, `{"a":[1,]}`, `{"a":{"b"}}`, `{"a":[}]}`, `{"a":1}}`, `{"a":tru}`, "{\"a\":\"\x00\"}", `{`, `{"a`, `{"a":"\`, `{"a":"\u`, `{} x`, ``,
		`{"text":` + strings.Repeat("[", maxDepth-1) + strings.Repeat("]", maxDepth-1) + `}`, `{"text":` + strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth) + `}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var got fields
		ok := got.scan(text)
		var want map[string]json.RawMessage
		err := json.Unmarshal(text, &want)
		if object := bytes.HasPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte("{")); ok != (err == nil && object) {
			t.Fatalf("%q: accepted: %v; encoding/json: %v", text, ok, err)
		}
		for i, name := range fieldNames {
			raw := got[i]
			switch {
			case !ok:
			case string(raw) != string(want[name]):
				t.Fatalf("%q: %s is %q, want %q", text, name, raw, want[name])
			case len(raw) > 0 && raw[0] == '"':
				var decoded string
				if err := json.Unmarshal(raw, &decoded); err != nil || string(decode(nil, raw)) != decoded {
					t.Fatalf("%q is read as %q, want %q, %v", raw, decode(nil, raw), decoded, err)
				}
			}
		}
	})
}

// What is wrong with a request names the field, and what is expected of it.
func TestErrorsSayWhatIsExpected(t *testing.T) {
	for text, want := range map[string]string{
		`{"op":"history","of":"B","before":1,"after":1}`:                             "expected one of before, after and around at most",
		`{"op":"history","of":"B","limit":0}`:                                        "expected limit to be a whole number of 1 or more",
		`{"op":"history","of":"B","before":-1}`:                                      "expected before to be a whole number of 0 or more",
		`{"op":"search","text":"x","before":812}`:                                    "expected of, since before counts in one conversation",
		`{"op":"send","to":"B","text":7}`:                                            "expected text to be a string",
		`{"op":"send","to":"B","react":41,"text":"` + strings.Repeat("x", 33) + `"}`: "expected text to have at most 32 bytes, as a reaction",
		`{"op":"topic","group":"groupA","text":"` + strings.Repeat("x", 257) + `"}`:  "expected text to have at most 256 bytes, as a topic",
		`{"op":"send","to":"B","text":"x","edit":1,"file":"abc"}`:                    "expected file to be the id of one, in a message or a reply",
		`{"op":"mark","of":"groupA","mute":1}`:                                       "expected mute to be true or false",
		`{"op":"kick","user":"B","for":"10"}`:                                        "expected for to be a duration such as 10m",
	} {
		_, err := (JSON{}).Parse(frame.Text, []byte(text))
		var wrong *chat.Error
		if !errors.As(err, &wrong) || wrong.English() != want || wrong.Code != "bad_request" {
			t.Errorf("%.80s: %v", text, err)
		}
	}
}
