package redis

import "testing"

// An acknowledgement is never left behind with a conversation that is not followed any more.
func TestEndWithAnAnswerDue(t *testing.T) {
	c := &conversation{store: new(Store)}
	answered := 0
	answer := func() { answered++ }
	c.acknowledge(1, answer)
	if c.end() {
		t.Error("it ends with an answer due")
	}
	c.seq = 1
	c.answer()
	if !c.end() {
		t.Error("it does not end")
	}
	if c.acknowledge(2, answer); answered != 2 {
		t.Errorf("%d of 2 are answered", answered)
	}
}
