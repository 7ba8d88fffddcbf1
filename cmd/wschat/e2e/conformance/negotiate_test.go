//go:build e2e

package conformance

import (
	"fmt"
	"strings"
	"testing"
)

// agreed is the answer to an offer, with what is in between.
func agreed(params ...string) string {
	return strings.Join(append([]string{"permessage-deflate", "server_no_context_takeover"}, params...), "; ")
}

// RFC 7692 §5 and §7.1, and RFC 6455 §9.1: what the 101 says to an offer; "" for
// nothing. The server always says server_no_context_takeover, as §7.1.1.1 lets
// it, and otherwise nothing that was not asked for.
func offers() []offer {
	const deflate = "permessage-deflate"
	all := []offer{
		{"§7.1 alone", []string{deflate}, agreed()},
		{"§7.1.1.1 server_no_context_takeover", []string{deflate + "; server_no_context_takeover"}, agreed()},
		{"§7.1.1.2 client_no_context_takeover", []string{deflate + "; client_no_context_takeover"}, agreed("client_no_context_takeover")},
		{"§7.1.1 both", []string{deflate + "; client_no_context_takeover; server_no_context_takeover"}, agreed("client_no_context_takeover")},
		{"§7.1.2.2 client_max_window_bits", []string{deflate + "; client_max_window_bits"}, agreed()},
		{"§7.1 all four", []string{deflate + "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits=9"},
			agreed("client_no_context_takeover", "server_max_window_bits=10")},
		{"§9.1 spaces", []string{" permessage-deflate ;\tclient_no_context_takeover ; server_max_window_bits = 12 "}, agreed("client_no_context_takeover", "server_max_window_bits=12")},
		{"§9.1 no spaces", []string{"permessage-deflate;client_no_context_takeover;server_max_window_bits=12"}, agreed("client_no_context_takeover", "server_max_window_bits=12")},
		{"§9.1 a quoted value", []string{deflate + `; server_max_window_bits="9"`}, agreed("server_max_window_bits=9")},
		{"§9.1 a quoted value with a backslash", []string{deflate + `; server_max_window_bits="1\1"`}, agreed("server_max_window_bits=11")},

		// §7.1: "A server MUST decline an extension negotiation offer [...] if
		// the offer contains [...]".
		{"§7.1 a parameter that is not defined", []string{deflate + "; foo"}, ""},
		{"§7.1 a parameter that is not defined, with a value", []string{deflate + "; foo=1"}, ""},
		{"§7.1 a parameter by another case", []string{deflate + "; Server_No_Context_Takeover"}, ""},
		{"§7.1 server_no_context_takeover with a value", []string{deflate + "; server_no_context_takeover=1"}, ""},
		{"§7.1 client_no_context_takeover with a value", []string{deflate + "; client_no_context_takeover=true"}, ""},
		{"§7.1.2.1 server_max_window_bits without a value", []string{deflate + "; server_max_window_bits"}, ""},
		{"§7.1 server_no_context_takeover twice", []string{deflate + "; server_no_context_takeover; server_no_context_takeover"}, ""},
		{"§7.1 client_no_context_takeover twice", []string{deflate + "; client_no_context_takeover; client_no_context_takeover"}, ""},
		{"§7.1 server_max_window_bits twice", []string{deflate + "; server_max_window_bits=10; server_max_window_bits=10"}, ""},
		{"§7.1 client_max_window_bits twice", []string{deflate + "; client_max_window_bits; client_max_window_bits=10"}, ""},
		{"§5 another extension", []string{"foo"}, ""},
		{"§5 the extension of old", []string{"x-webkit-deflate-frame"}, ""},
		{"§5 permessage-bzip2", []string{"permessage-bzip2"}, ""},

		// §5.1: "the server may accept one of them", and the client prefers the first.
		{"§5.1 the first of two", []string{deflate + "; server_max_window_bits=9, " + deflate}, agreed("server_max_window_bits=9")},
		{"§5.1 the second, as the first is declined", []string{deflate + "; server_max_window_bits=16, " + deflate + "; client_no_context_takeover"}, agreed("client_no_context_takeover")},
		{"§5.1 the third, in another field", []string{deflate + "; foo, " + deflate + "; server_max_window_bits", deflate}, agreed()},
		{"§5.1 behind another extension", []string{"foo; bar=1, " + deflate}, agreed()},
		{"§5.1 before another extension", []string{deflate + ", foo"}, agreed()},
		{"§5.1 twice the same", []string{deflate + ", " + deflate}, agreed()},
		{"RFC 9110 §5.6.1 empty elements", []string{", " + deflate + " ,, "}, agreed()},
	}
	for bits := range 18 {
		value, answer := fmt.Sprint(bits), ""
		if bits >= 8 && bits <= 15 {
			answer = agreed("server_max_window_bits=" + value)
		}
		all = append(all, offer{"§7.1.2.1 server_max_window_bits " + value, []string{deflate + "; server_max_window_bits=" + value}, answer})
		if answer != "" {
			answer = agreed()
		}
		all = append(all, offer{"§7.1.2.2 client_max_window_bits " + value, []string{deflate + "; client_max_window_bits=" + value}, answer})
	}
	for _, value := range []string{"08", "015", "+8", "8.0", "1e1", "x", "0x9", "-9", `""`} {
		for _, side := range []string{"server", "client"} {
			answer := ""
			if value == `""` {
				answer = "400" // §9.1: what is unquoted must be a token
			}
			all = append(all, offer{fmt.Sprintf("§7.1.2 %s_max_window_bits=%s", side, value), []string{fmt.Sprintf("%s; %s_max_window_bits=%s", deflate, side, value)}, answer})
		}
	}
	for _, empty := range []string{"", ","} {
		all = append(all, offer{fmt.Sprintf("RFC 9110 §5.6.1 %q is as none", empty), []string{empty}, ""})
	}
	for _, bad := range []string{";", deflate + ";", deflate + "; ;", deflate + " foo", deflate + "; =1", deflate + "; a=", deflate + `; a="b`, deflate + `; a="b c"`, deflate + "; a b", deflate + "/1", "=", deflate + ", ;"} {
		all = append(all, offer{fmt.Sprintf("§9.1 %q", bad), []string{bad}, "400"})
	}
	return all
}

// offer is what the client's fields say, and the answer.
type offer struct {
	name   string
	fields []string
	answer string // "400": no list at all
}

func TestNegotiation(t *testing.T) {
	with, without := deflated(t), plain(t)
	for _, tg := range []*target{with, without} {
		for _, o := range offers() {
			if tg == without && o.answer != "400" {
				o.answer = ""
			}
			t.Run(tg.name+"/"+o.name, func(t *testing.T) {
				t.Parallel()
				var fields []string
				for _, f := range o.fields {
					fields = append(fields, "Sec-WebSocket-Extensions: "+f)
				}
				c := tg.dial(t)
				c.send([]byte(upgradeHead(fields...)))
				if o.answer == "400" {
					if got, err := c.readResponse(); err != nil || got.status != 400 {
						t.Fatalf("got %v, %v, want 400", got, err)
					}
					return
				}
				c.opened(usualNonce)
				if got := c.response.field("sec-websocket-extensions"); got != o.answer {
					t.Errorf("got %q, want %q", got, o.answer)
				}
				c.negotiated(t)
			})
		}
	}
}

// negotiated checks that what was negotiated is what is done.
func (c *client) negotiated(t *testing.T) {
	s := strings.Repeat(letters(5000), 3)
	c.sendPieces([][]byte{frames(text("short"), text(s))})
	c.wants(echoText("short"))
	got, err := c.message()
	if err != nil || string(got.payload) != s {
		t.Fatalf("got %v, %v", got, err)
	}
	if got.compressed != c.deflate {
		t.Errorf("compressed: %v, agreed: %v", got.compressed, c.deflate)
	}
	if c.deflate {
		c.sendPieces([][]byte{newDeflater(false).message(opText, s).bytes()})
		c.wants(echoText(s))
	} else {
		c.sendPieces([][]byte{newDeflater(false).message(opText, s).bytes()})
		c.isClosed(1002)
		return
	}
	c.closes()
}
