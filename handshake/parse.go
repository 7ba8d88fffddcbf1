package handshake

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
)

// ParseRequest reads a whole request head, up to and with its empty line
// (RFC 9112 §2 to §5). Up to four empty lines may stand before it (§2.2). It is
// strict: every line ends in CRLF, and neither byte occurs alone; names are tokens
// directly before their colon; values have no control bytes; lines are not folded;
// the target has the form that belongs to the method; the version is HTTP/1.x. The
// error is a *Rejection with status 400, or 505 for another version of HTTP.
//
// It does not check the values of fields; [Verify] does. It keeps no reference to
// head, and does not set Remote. The caller bounds the length of head.
func ParseRequest(head []byte) (*Request, error) {
	r := &Request{Head: string(withoutEmpty(head))} // all strings of the Request are parts of this one
	line, rest, ok := strings.Cut(r.Head, "\r\n")
	if strings.Contains(line, "\n") {
		return nil, reject(http.StatusBadRequest, "%v", errLineEnd)
	}
	if !ok {
		return nil, reject(http.StatusBadRequest, "%v", errNoEnd)
	}
	if rejection := r.parseLine(line); rejection != nil {
		return nil, rejection
	}
	fields, err := parseFields(rest)
	if err != nil {
		return nil, reject(http.StatusBadRequest, "%v", err)
	}
	r.Header = fields
	if r.URL.Host != "" {
		r.Host = r.URL.Host
	} else {
		r.Host = fields.Get("Host")
	}
	return r, nil
}

// withoutEmpty takes away the empty lines that may stand before a request.
func withoutEmpty(head []byte) []byte {
	for range maxEmpty {
		head = bytes.TrimPrefix(head, []byte("\r\n"))
	}
	return head
}

// parseLine reads the request line (RFC 9112 §3).
func (r *Request) parseLine(line string) *Rejection {
	method, rest, _ := strings.Cut(line, " ")
	target, version, ok := strings.Cut(rest, " ")
	if !ok {
		return reject(http.StatusBadRequest, "expected a request line of method, target and version, got %s", quote(line))
	}
	if !isToken(method) {
		return reject(http.StatusBadRequest, "expected a token as method, got %s", quote(method))
	}
	if r.Major, r.Minor, ok = parseVersion(version); !ok {
		return reject(http.StatusBadRequest, "expected HTTP/1.1 at the end of the request line, got %s", quote(version))
	}
	if r.Major != 1 {
		return reject(http.StatusHTTPVersionNotSupported, "expected HTTP/1.1, got %s", version)
	}
	r.Method, r.Target = method, target
	if target == "" || !all(target, inTarget) || !r.parseTarget() {
		return reject(http.StatusBadRequest, "expected a path or an absolute URL as target, got %s", quote(target))
	}
	return nil
}

// parseVersion reads "HTTP/1.1"; it is case-sensitive (RFC 9112 §2.3).
func parseVersion(s string) (major, minor int, ok bool) {
	if len(s) != len("HTTP/1.1") || s[:5] != "HTTP/" || s[6] != '.' || !isDigit(s[5]) || !isDigit(s[7]) {
		return 0, 0, false
	}
	return int(s[5] - '0'), int(s[7] - '0'), true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// parseTarget sets URL from Target (RFC 9112 §3.2).
func (r *Request) parseTarget() bool {
	if r.Target[0] == '/' { // origin-form
		path, query, asked := strings.Cut(r.Target, "?")
		if all(path, inPath) && (query != "" || !asked) {
			r.url.Path, r.url.RawQuery = path, query
			r.URL = &r.url
			return true
		}
	}
	var err error
	switch {
	case r.Method == http.MethodConnect && r.Target[0] != '/': // authority-form
		if !validHost(r.Target) {
			return false
		}
		r.url.Host = r.Target
		r.URL = &r.url
		return true
	case r.Target == "*": // asterisk-form
		r.url.Path = "*"
		r.URL = &r.url
		return r.Method == http.MethodOptions
	}
	if r.URL, err = url.ParseRequestURI(r.Target); err != nil {
		return false
	}
	if r.Target[0] != '/' { // absolute-form
		// User information in a target is an attempt to deceive (RFC 9110 §4.2.4).
		setPath(r.Method, r.URL)
		return validHost(r.URL.Host) && r.URL.User == nil
	}
	return true
}

// setPath gives an absolute-form target without a path the one that it stands for
// (RFC 9112 §3.2.1). With OPTIONS that is the whole server (§3.2.4), no path.
func setPath(method string, target *url.URL) {
	if target.Path == "" && target.Scheme != "" && method != http.MethodOptions {
		target.Path = "/"
	}
}

// fieldError is what is wrong with one line of a head.
type fieldError struct{ expected, got string }

func (e *fieldError) Error() string { return "expected " + e.expected + ", got " + quote(e.got) }

// parseFields reads field lines up to and with the empty line (RFC 9112 §5).
func parseFields(s string) (Header, error) {
	lines := strings.Count(s, "\n") - 1
	fields := make(Header, 0, max(lines, 0))
	for {
		i := strings.IndexByte(s, '\n')
		if i < 0 {
			return nil, errNoEnd
		}
		if i == 0 || s[i-1] != '\r' {
			return nil, errLineEnd
		}
		line := s[:i-1]
		s = s[i+1:]
		if line == "" {
			break
		}
		field, err := parseField(line)
		if err != nil {
			return nil, err
		}
		fields = append(fields, field)
	}
	if s != "" {
		return nil, errBehind
	}
	return fields, nil
}

func parseField(line string) (Field, error) {
	if line[0] == ' ' || line[0] == '\t' {
		return Field{}, errFolded
	}
	// A name that is no token includes one with white space before the
	// colon, which has served to smuggle requests (RFC 9112 §5.1).
	name, value, ok := strings.Cut(line, ":")
	if !ok || !isToken(name) {
		return Field{}, &fieldError{"a header field of a token, a colon and a value", line}
	}
	if value = trim(value); !all(value, inValue) {
		return Field{}, &fieldError{"no control bytes in the value of " + name, value}
	}
	return Field{name, value}, nil
}
