//go:build e2e

package e2e

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"wschat/cmd/wschat/e2e/target"
)

// proxy is a program that stands in front of wschat, with the configuration in README.md.
type proxy struct {
	name    string
	title   string // the first line of its configuration
	command []string
	files   map[string]string // what a distribution has around the configuration, by name
	ours    string            // the file for the configuration
	gone    int               // what it answers when wschat is not there
	faults  []string          // what its log must not have

	// keepsApart: a connection for pages is never used for an upgrade (net/http's
	// Transport).
	keepsApart bool

	// edits are the literals in the configuration and what the test has instead.
	edits func(way) map[string]string
}

// way is how requests come to wschat.
type way struct {
	name          string
	secure        bool // over TLS to the proxy
	secureBehind  bool // over TLS from the proxy
	front, behind string
}

// The files of a certificate, in the folder that a proxy runs in. That of a wschat which
// speaks TLS is the same.
const certFile, keyFile, bothFile = "cert.pem", "key.pem", "both.pem"

var proxies = []proxy{
	{
		name:    "nginx",
		title:   "# /etc/nginx/conf.d/wschat.conf",
		command: []string{"nginx", "-p", ".", "-c", "nginx.conf", "-e", "stderr", "-g", "daemon off;"},
		files: map[string]string{"nginx.conf": `
			worker_processes 1;
			pid nginx.pid;
			events {}
			http {
				access_log off;
				client_body_temp_path body;
				proxy_temp_path proxy;
				fastcgi_temp_path fastcgi;
				uwsgi_temp_path uwsgi;
				scgi_temp_path scgi;
				include wschat.conf;
			}`},
		ours:   "wschat.conf",
		gone:   502,
		faults: []string{"[emerg]", "[alert]", "[crit]"},
		edits: func(w way) map[string]string {
			edits := map[string]string{"listen 80;": "listen " + w.front + ";", "server 127.0.0.1:8080;": "server " + w.behind + ";"}
			if w.secure {
				edits["listen 80;"] = "listen " + w.front + " ssl; ssl_certificate " + certFile + "; ssl_certificate_key " + keyFile + ";"
			}
			if w.secureBehind {
				edits["http://wschat;"] = "https://wschat;"
			}
			return edits
		},
	},
	{
		name:    "HAProxy",
		title:   "# /etc/haproxy/haproxy.cfg, below its defaults",
		command: []string{"haproxy", "-db", "-f", "defaults.cfg", "-f", "wschat.cfg"},
		files:   map[string]string{"defaults.cfg": "global\n\tnbthread 1\ndefaults\n\tretries 0\n"},
		ours:    "wschat.cfg",
		gone:    503,
		faults:  []string{"[ALERT]", "[WARNING]"},
		edits: func(w way) map[string]string {
			edits := map[string]string{"bind :80\n": "bind " + w.front + "\n", "server wschat 127.0.0.1:8080": "server wschat " + w.behind}
			if w.secure {
				edits["bind :80\n"] = "bind " + w.front + " ssl crt " + bothFile + "\n"
			}
			if w.secureBehind {
				edits["server wschat 127.0.0.1:8080"] += " ssl verify required ca-file " + certFile
			}
			return edits
		},
	},
	{
		name:    "Caddy",
		title:   "# /etc/caddy/Caddyfile",
		command: []string{"caddy", "run", "--config", "Caddyfile"},
		files:   map[string]string{"Caddyfile": "{\n\tadmin off\n\tauto_https off\n}\nimport wschat\n"},
		ours:    "wschat",
		gone:    502,
		faults:  []string{`"level":"fatal"`, `"level":"panic"`},

		keepsApart: true,
		edits: func(w way) map[string]string {
			_, port, _ := net.SplitHostPort(w.front)
			edits := map[string]string{"chat.example.org {": "http://:" + port + " {", "reverse_proxy 127.0.0.1:8080": "reverse_proxy " + w.behind}
			if w.secure {
				edits["chat.example.org {"] = "https://:" + port + " {\n\ttls " + certFile + " " + keyFile
			}
			if w.secureBehind {
				edits["reverse_proxy 127.0.0.1:8080"] += " {\n\t\ttransport http {\n\t\t\ttls_trusted_ca_certs " + certFile + "\n\t\t}\n\t}"
			}
			return edits
		},
	},
}

// proxied is a wschat as the clients of a proxy see it.
type proxied struct {
	*server
	behind *server // without the proxy
	proxy  proxy
}

// start runs the proxy and a wschat behind it until the test ends.
func (p proxy) start(t *testing.T, w way, flags ...string) *proxied {
	t.Helper()
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	secure := target.Certify(t, in(certFile), in(keyFile), 1)
	if w.secureBehind {
		flags = append(flags, "-tls-cert", in(certFile), "-tls-key", in(keyFile))
	}
	behind := start(t, flags...)
	w.front, w.behind = freeAddr(t), behind.Addr
	front := &server{&target.Server{Addr: w.front}, t}
	if w.secure {
		front.TLS = secure
	}
	if w.secureBehind {
		behind.TLS = secure
	}
	files := map[string]string{p.ours: p.configuration(t, w)}
	for _, name := range []string{certFile, keyFile} {
		text, err := os.ReadFile(in(name))
		if err != nil {
			t.Fatal(err)
		}
		files[bothFile] += string(text)
	}
	for _, all := range []map[string]string{p.files, files} {
		for name, text := range all {
			if err := os.WriteFile(in(name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	p.run(t, dir, w.front)
	return &proxied{front, behind, p}
}

// configuration is that of README.md but for what has to differ here.
func (p proxy) configuration(t *testing.T, w way) string {
	t.Helper()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	const indent = "    "
	_, text, found := strings.Cut(string(readme), indent+p.title+"\n")
	if !found {
		t.Fatalf("README.md has no %q", p.title)
	}
	var conf strings.Builder
	for line := range strings.Lines(text) {
		code, isCode := strings.CutPrefix(line, indent)
		if !isCode && line != "\n" {
			break
		}
		conf.WriteString(code)
	}
	text = conf.String()
	for literal, instead := range p.edits(w) {
		if strings.Count(text, literal) != 1 {
			t.Fatalf("the configuration has not one %q", literal)
		}
		text = strings.Replace(text, literal, instead, 1)
	}
	return text
}

// run runs the program in a folder until the test ends.
func (p proxy) run(t *testing.T, dir, addr string) {
	t.Helper()
	var out target.Output
	program, err := exec.LookPath(p.command[0])
	if err != nil { // not every user has it in PATH
		program = "/usr/sbin/" + p.command[0]
	}
	cmd := exec.Command(program, p.command[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &out
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		cmd.Wait() // how it ends is of no interest
	}()
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM) // an error means that it has ended
		select {
		case <-ended:
		case <-timeout():
			cmd.Process.Kill()
			<-ended
			t.Errorf("%s did not stop on SIGTERM", p.name)
		}
		if log := out.String(); slices.ContainsFunc(p.faults, func(fault string) bool { return strings.Contains(log, fault) }) {
			t.Errorf("%s's log:\n%s", p.name, log)
		}
	})
	until(t, p.name+" listening", func() bool {
		select {
		case <-ended:
			t.Fatalf("%s does not start:\n%s", p.name, out.String())
		default:
		}
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
}

// freeAddr is an address that nobody listens on.
func freeAddr(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}
