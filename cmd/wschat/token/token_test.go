package token

import (
	"encoding/base64"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

const secret = "0123456789abcdef0123456789abcdef"

// now is when all tests take place.
var now = time.Unix(1_700_000_000, 0)

// sign makes a token of any header and payload, signed as it must be.
func sign(header, payload string) string {
	signed := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature([]byte(secret), signed))
}

// claims are claims that pass, with more of them.
func claims(more string) string { return `{"sub":"A","exp":1700000001` + more + `}` }

func TestHeader(t *testing.T) {
	const deep = 20_000
	for _, row := range []struct {
		name   string
		header string
		want   error
	}{
		{"RFC 7518 §3.1 HS256", `{"alg":"HS256"}`, nil},
		{"RFC 7519 §5.1 typ is optional, and any", `{"typ":"at+jwt","alg":"HS256"}`, nil},
		{"RFC 7515 §4 other names are ignored", `{"alg":"HS256","kid":"1","jku":"https://evil.example/keys"}`, nil},
		{"RFC 8259 §2 white space", " {\r\n\"alg\" :\t\"HS256\"} ", nil},
		{"RFC 7518 §3.6 none", `{"alg":"none"}`, ErrAlgorithm},
		{"none, in other cases", `{"alg":"nOnE"}`, ErrAlgorithm},
		{"HS384", `{"alg":"HS384"}`, ErrAlgorithm},
		{"HS512", `{"alg":"HS512"}`, ErrAlgorithm},
		{"RS256, the secret taken for a public key", `{"alg":"RS256"}`, ErrAlgorithm},
		{"ES256", `{"alg":"ES256"}`, ErrAlgorithm},
		{"RFC 7515 §4.1.1 alg is case-sensitive", `{"alg":"hs256"}`, ErrAlgorithm},
		{"no alg", `{"typ":"JWT"}`, ErrAlgorithm},
		{"alg empty", `{"alg":""}`, ErrAlgorithm},
		{"alg null", `{"alg":null}`, ErrAlgorithm},
		{"alg a list", `{"alg":["HS256"]}`, ErrAlgorithm},
		{"alg with a NUL", "{\"alg\":\"HS256\\u0000\"}", ErrAlgorithm},
		{"RFC 7515 §5.3 names are case-sensitive", `{"ALG":"HS256"}`, ErrAlgorithm},
		{"of two of another case the right one counts", `{"alg":"none","ALG":"HS256"}`, ErrAlgorithm},
		{"RFC 7515 §4 the last of two counts", `{"alg":"HS256","alg":"none"}`, ErrAlgorithm},
		{"RFC 7515 §4.1.11 crit", `{"alg":"HS256","crit":["exp"],"exp":1}`, ErrMalformed},
		{"crit empty", `{"alg":"HS256","crit":[]}`, ErrMalformed},
		{"crit null", `{"alg":"HS256","crit":null}`, ErrMalformed},
		{"RFC 7797 §3 b64", `{"alg":"HS256","b64":false,"crit":["b64"]}`, ErrMalformed},
		{"no JSON", `alg`, ErrMalformed},
		{"empty", ``, ErrMalformed},
		{"null", `null`, ErrMalformed},
		{"a list", `["HS256"]`, ErrMalformed},
		{"a string", `"HS256"`, ErrMalformed},
		{"two values", `{"alg":"HS256"}{}`, ErrMalformed},
		{"trailing bytes", `{"alg":"HS256"}x`, ErrMalformed},
		{"RFC 7519 §7.2 not UTF-8", "{\"alg\":\"HS256\",\"x\":\"\xff\"}", ErrMalformed},
		{"nested too deep", `{"alg":"HS256","x":` + strings.Repeat("[", deep) + strings.Repeat("]", deep) + `}`, ErrMalformed},
	} {
		t.Run(row.name, func(t *testing.T) {
			if _, err := Verify([]byte(secret), sign(row.header, claims("")), now); !errors.Is(err, row.want) {
				t.Errorf("got %v, want %v", err, row.want)
			}
		})
	}
}

func TestClaims(t *testing.T) {
	in := func(s float64) time.Time { return now.Add(time.Duration(s * float64(time.Second))) }
	far := time.Unix(1<<38, 0)
	for _, row := range []struct {
		name    string
		payload string
		want    error
		claims  Claims
	}{
		{"RFC 7519 §4.1.2 sub, §4.1.4 exp", claims(``), nil, Claims{User: "A", Expires: in(1)}},
		{"§4 other claims are ignored", claims(`,"iss":"x","iat":"when","jti":7`), nil, Claims{User: "A", Expires: in(1), Issuer: "x"}},
		{"role", claims(`,"role":"moderator"`), nil, Claims{User: "A", Expires: in(1), Role: "moderator"}},
		{"a role of another type is none", claims(`,"role":["moderator"]`), nil, Claims{User: "A", Expires: in(1)}},
		{"§4.1.3 aud a string", claims(`,"aud":"x"`), nil, Claims{User: "A", Expires: in(1), Audience: []string{"x"}}},
		{"aud a list", claims(`,"aud":["x","y"]`), nil, Claims{User: "A", Expires: in(1), Audience: []string{"x", "y"}}},
		{"aud an empty list", claims(`,"aud":[]`), nil, Claims{User: "A", Expires: in(1), Audience: []string{}}},
		{"aud null", claims(`,"aud":null`), ErrMalformed, Claims{}},
		{"aud a number", claims(`,"aud":7`), ErrMalformed, Claims{}},
		{"aud a list with a number", claims(`,"aud":["x",7]`), ErrMalformed, Claims{}},
		{"§4.1.4 exp missing", `{"sub":"A"}`, ErrNoExpiry, Claims{}},
		{"exp a string", `{"sub":"A","exp":"1700000001"}`, ErrMalformed, Claims{}},
		{"exp null", `{"sub":"A","exp":null}`, ErrMalformed, Claims{}},
		{"exp a list", `{"sub":"A","exp":[1700000001]}`, ErrMalformed, Claims{}},
		{"exp true", `{"sub":"A","exp":true}`, ErrMalformed, Claims{}},
		{"§2 exp with a fraction", `{"sub":"A","exp":1700000000.5}`, nil, Claims{User: "A", Expires: in(.5)}},
		{"exp with an exponent", `{"sub":"A","exp":1.700000001e9}`, nil, Claims{User: "A", Expires: in(1)}},
		{"exp past", `{"sub":"A","exp":1699999999}`, ErrExpired, Claims{}},
		{"exp past by a fraction", `{"sub":"A","exp":1699999999.999}`, ErrExpired, Claims{}},
		{"§4.1.4 on or after: exactly now", `{"sub":"A","exp":1700000000}`, ErrExpired, Claims{}},
		{"exp 0", `{"sub":"A","exp":0}`, ErrExpired, Claims{}},
		{"exp below 0", `{"sub":"A","exp":-1}`, ErrExpired, Claims{}},
		{"exp far below 0", `{"sub":"A","exp":-1e300}`, ErrExpired, Claims{}},
		{"exp far in the future", `{"sub":"A","exp":253402300799}`, nil, Claims{User: "A", Expires: time.Unix(253402300799, 0)}},
		{"exp in milliseconds", `{"sub":"A","exp":1700000001000}`, nil, Claims{User: "A", Expires: far}},
		{"exp huge", `{"sub":"A","exp":1e300}`, nil, Claims{User: "A", Expires: far}},
		{"exp beyond a float64", `{"sub":"A","exp":1e400}`, ErrMalformed, Claims{}},
		{"exp not a number", `{"sub":"A","exp":NaN}`, ErrMalformed, Claims{}},
		{"§4.1.5 nbf past", claims(`,"nbf":1699999999`), nil, Claims{User: "A", Expires: in(1)}},
		{"nbf exactly now", claims(`,"nbf":1700000000`), nil, Claims{User: "A", Expires: in(1)}},
		{"nbf in the future", claims(`,"nbf":1700000000.5`), ErrNotYet, Claims{}},
		{"nbf huge", claims(`,"nbf":1e300`), ErrNotYet, Claims{}},
		{"nbf a string", claims(`,"nbf":"0"`), ErrMalformed, Claims{}},
		{"nbf null", claims(`,"nbf":null`), ErrMalformed, Claims{}},
		{"sub missing", `{"exp":1700000001}`, nil, Claims{Expires: in(1)}},
		{"sub a number", `{"sub":7,"exp":1700000001}`, ErrMalformed, Claims{}},
		{"sub null", `{"sub":null,"exp":1700000001}`, ErrMalformed, Claims{}},
		{"sub a list", `{"sub":["A"],"exp":1700000001}`, ErrMalformed, Claims{}},
		{"sub of another script", `{"sub":"小林","exp":1700000001}`, nil, Claims{User: "小林", Expires: in(1)}},
		{"sub escaped", `{"sub":"\u5c0f\u6797","exp":1700000001}`, nil, Claims{User: "小林", Expires: in(1)}},
		{"groups empty", claims(`,"groups":[]`), nil, Claims{User: "A", Expires: in(1), Groups: []string{}}},
		{"groups", claims(`,"groups":["groupA","groupB*"]`), nil, Claims{User: "A", Expires: in(1), Groups: []string{"groupA", "groupB*"}}},
		{"groups null is no list", claims(`,"groups":null`), ErrMalformed, Claims{}},
		{"groups a string", claims(`,"groups":"groupA"`), ErrMalformed, Claims{}},
		{"groups of numbers", claims(`,"groups":[1]`), ErrMalformed, Claims{}},
		{"groups an object", claims(`,"groups":{}`), ErrMalformed, Claims{}},
		{"§7.3 names are case-sensitive", `{"SUB":"B","sub":"A","exp":1700000001,"Exp":1,"Groups":["groupA"],"NBF":1e12}`, nil, Claims{User: "A", Expires: in(1)}},
		{"they are, whatever comes last", `{"sub":"A","SUB":"B","exp":1700000001}`, nil, Claims{User: "A", Expires: in(1)}},
		{"§4 the last of two counts", `{"sub":"B","sub":"A","exp":1700000001}`, nil, Claims{User: "A", Expires: in(1)}},
		{"no JSON", `sub`, ErrMalformed, Claims{}},
		{"empty", ``, ErrMalformed, Claims{}},
		{"null", `null`, ErrMalformed, Claims{}},
		{"a list", `[]`, ErrMalformed, Claims{}},
		{"trailing bytes", claims("") + "x", ErrMalformed, Claims{}},
		{"a second object", claims("") + claims(""), ErrMalformed, Claims{}},
		{"§7.2 not UTF-8", "{\"sub\":\"\xff\",\"exp\":1700000001}", ErrMalformed, Claims{}},
		{"a byte order mark", "\ufeff" + claims(""), ErrMalformed, Claims{}},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := Verify([]byte(secret), sign(header, row.payload), now)
			if !errors.Is(err, row.want) || !got.Expires.Equal(row.claims.Expires) {
				t.Fatalf("got %+v, %v, want %+v, %v", got, err, row.claims, row.want)
			}
			got.Expires = row.claims.Expires
			if !reflect.DeepEqual(got, row.claims) {
				t.Errorf("got %+v, want %+v", got, row.claims)
			}
		})
	}
}

// "no leeway": valid to the last nanosecond, and from the first.
func TestNoLeeway(t *testing.T) {
	text := sign(header, `{"sub":"A","exp":1700000000,"nbf":1600000000}`)
	for _, row := range []struct {
		at   time.Time
		want error
	}{
		{time.Unix(1_600_000_000, -1), ErrNotYet},
		{time.Unix(1_600_000_000, 0), nil},
		{time.Unix(1_700_000_000, -1), nil},
		{time.Unix(1_700_000_000, 0), ErrExpired},
	} {
		if _, err := Verify([]byte(secret), text, row.at); !errors.Is(err, row.want) {
			t.Errorf("at %v: got %v, want %v", row.at, err, row.want)
		}
	}
}

func TestAllows(t *testing.T) {
	for _, row := range []struct {
		groups  []string
		yes, no string
	}{
		{nil, "groupA groupB group前端", ""},
		{[]string{}, "", "groupA groupB"},
		{[]string{"groupA"}, "groupA", "groupB groupa groupAA group"},
		{[]string{"groupA", "groupC"}, "groupA groupC", "groupB"},
		{[]string{"groupA*"}, "groupA groupAA groupA.1", "groupB groupa"},
		{[]string{"group前*"}, "group前 group前端", "group后"},
		{[]string{"*"}, "groupA groupB", ""},
		{[]string{"group*"}, "groupA groupB", ""},
		{[]string{"group*A", "*A"}, "", "groupA groupXA"}, // only a last * is more than itself
		{[]string{"groupA**"}, "", "groupA groupAB"},
		{[]string{""}, "", "groupA"},
		{[]string{"all", "A"}, "", "groupA"},
	} {
		c := Claims{Groups: row.groups}
		for _, name := range strings.Fields(row.yes) {
			if !c.Allows(name) {
				t.Errorf("%q does not allow %s", row.groups, name)
			}
		}
		for _, name := range strings.Fields(row.no) {
			if c.Allows(name) {
				t.Errorf("%q allows %s", row.groups, name)
			}
		}
	}
}

func TestSignAndVerify(t *testing.T) {
	for i, want := range []Claims{
		{User: "A", Expires: now.Add(time.Second)},
		{User: "小林", Expires: now.Add(24 * time.Hour), Groups: []string{}},
		{User: `a"b\c<d>`, Expires: time.Unix(253402300799, 0), Groups: []string{"groupA", "group前*", "*"}},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			text, err := Sign([]byte(secret), want)
			if err != nil || strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.") != "" {
				t.Fatalf("got %q, %v", text, err) // all of it can stand in a URL and in a subprotocol
			}
			got, err := Verify([]byte(secret), text, now)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, %v, want %+v", got, err, want)
			}
			if _, err := Verify([]byte(secret), text, want.Expires); !errors.Is(err, ErrExpired) {
				t.Errorf("at its end: got %v", err)
			}
		})
	}
}

// A fraction of the expiry is cut, never rounded up.
func TestSignCutsToTheSecond(t *testing.T) {
	text, err := Sign([]byte(secret), Claims{User: "A", Expires: now.Add(1999 * time.Millisecond)})
	if err != nil {
		t.Fatal(err)
	}
	if c, err := Verify([]byte(secret), text, now); err != nil || !c.Expires.Equal(now.Add(time.Second)) {
		t.Errorf("got %+v, %v", c, err)
	}
}
