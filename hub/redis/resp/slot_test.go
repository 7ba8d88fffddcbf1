package resp

import "testing"

// Redis Cluster specification, "Key distribution model" and "Hash tags".
func TestSlotOf(t *testing.T) {
	for _, row := range []struct {
		key  string
		slot int
	}{
		{"123456789", 0x31C3}, // the check value of CRC-16/XMODEM
		{"", anySlot},
		{"foo", 12182},
		{"{foo}.bar", 12182},
		{"a{foo}b{bar}", 12182},
	} {
		if got := slotOf(row.key); got != row.slot {
			t.Errorf("%q: %d, not %d", row.key, got, row.slot)
		}
	}
	for _, row := range []struct{ a, b, why string }{
		{"{user1000}.following", "{user1000}.followers", "the same tag"},
		{"foo{{bar}}zap", "{bar", "up to the first }"},
		{"foo{bar}{zap}", "bar", "the first tag"},
	} {
		if slotOf(row.a) != slotOf(row.b) {
			t.Errorf("%s: %q and %q differ", row.why, row.a, row.b)
		}
	}
	if slotOf("foo{}{bar}") == slotOf("bar") {
		t.Error("an empty tag is none")
	}
}
