package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"wschat/cmd/wschat/jwk"
	"wschat/hub"
	"wschat/hub/local"
	"wschat/hub/redis"
	"wschat/hub/redis/resp"
	"wschat/hub/store"
)

// options are what the flags say. Sizes are bytes; 0 means no limit.
type options struct {
	addr              string
	data              string
	files             string
	maxFile           int64
	filesBytes        int64
	redis             string
	redisPasswordFile string
	history           int
	maxConversations  int
	historyBytes      int64
	membershipTTL     time.Duration
	maxUsers          int
	maxIDs            int
	memory            int64
	host              hostList
	allowOrigin       originList
	echo              bool
	presence          presence
	single            bool
	maxMessage        int64
	queue             int
	ping              time.Duration
	handshakeTimeout  time.Duration
	drain             time.Duration
	log               logFormat

	admin          string
	tlsCert        string
	tlsKey         string
	authSecretFile string
	authAudience   string
	authJWKS       string
	authIssuer     string
	authUserClaim  string
	users          string
	guests         bool
	compress       bool
	maxConns       int
	maxConnsPerIP  int
	trustProxy     prefixList
	rate           int
	rateBytes      int
}

// parseOptions reads the flags, and for those that are not given the environment.
// An error is one line that names what is wrong; flag.ErrHelp means that the
// flags have been printed to help.
func parseOptions(args []string, env func(string) (string, bool), help io.Writer) (*options, error) {
	o := new(options)
	flags := o.flagSet()
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			printHelp(flags, help)
		}
		return nil, err
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q: expected flags, or one of the commands version, journal, token and user; see -help", flags.Arg(0))
	}
	source, err := fromEnvironment(flags, env)
	if err != nil {
		return nil, err
	}
	if err := checkNumbers(flags, source); err != nil {
		return nil, err
	}
	if err := o.check(source); err != nil {
		return nil, err
	}
	o.fitTables(source)
	return o, nil
}

func (o *options) flagSet() *flag.FlagSet {
	flags := flag.NewFlagSet("wschat", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // errors are printed once, by run
	flags.StringVar(&o.addr, "addr", ":8080", "`host:port` to listen on")
	flags.StringVar(&o.data, "data", "", "`directory` for messages, groups and members, which are on disk before anybody sees them (default: in memory only)")
	flags.StringVar(&o.files, "files", "", "`directory` for the files that users send, which all nodes share (default: below -data; without both, there are no files)")
	flags.Int64Var(&o.maxFile, "max-file", 25<<20, "maximum `bytes` of a file")
	flags.Int64Var(&o.filesBytes, "files-bytes", 10<<30, "maximum `bytes` of all files; beyond it, the oldest go")
	flags.StringVar(&o.redis, "redis", "", "`URL` of the Redis through which all nodes with the same URL form one chat: redis://[[user]:password@]host[:port][/db], or rediss:// for TLS (default: off)")
	flags.StringVar(&o.redisPasswordFile, "redis-password-file", "", "`file` with the password for -redis, which then has none")
	flags.IntVar(&o.history, "history", 1000, "`number` of messages of each conversation that are kept")
	flags.Int64Var(&o.historyBytes, "history-bytes", 1<<30, "maximum `bytes` that all kept messages take, at most a quarter of -memory; beyond it, whoever has written most of them loses the oldest")
	flags.IntVar(&o.maxConversations, "max-conversations", store.DefaultConversations, "maximum `number` of conversations, by default as many as -memory has room for at most; beyond it, those that nobody is in any more are forgotten, and then those of whoever began most")
	flags.DurationVar(&o.membershipTTL, "membership-ttl", 24*time.Hour, "`duration` for which a user who is away stays in groups and has messages kept")
	flags.IntVar(&o.maxUsers, "max-users", local.DefaultUsers, "maximum `number` of users who are remembered while they are away, likewise; beyond it, those from the address with most are forgotten early")
	flags.IntVar(&o.maxIDs, "max-ids", hub.DefaultIDs, "maximum `number` of ids of sends that are remembered for ten minutes, likewise; beyond it, whoever has most loses the oldest early")
	flags.Int64Var(&o.memory, "memory", defaultMemory(), "maximum `bytes` of memory for everything; near it, the connections that hold most are closed")
	flags.Var(&o.host, "host", "comma-separated `names` by which clients may address the server; another Host gets 421 (default: any; on a loopback address, only localhost)")
	flags.Var(&o.allowOrigin, "allow-origin", "comma-separated `origins` whose pages may connect besides the server's own, such as https://chat.example or https://*.example.org (all hosts below it); * allows any")
	flags.BoolVar(&o.echo, "echo", false, "serve /echo, which sends every message back, for tests and benchmarks")
	flags.Var(&o.presence, "presence", "`users` who are told of a login or exit: all, group (those who share a group) or none (default all)")
	flags.BoolVar(&o.single, "single", false, "allow one connection per user; a newer one closes the older")
	flags.Int64Var(&o.maxMessage, "max-message", 1<<20, "maximum `bytes` of a message")
	flags.IntVar(&o.queue, "queue", 1<<20, "maximum `bytes` that may wait for one client; beyond it, the client is disconnected as too slow")
	flags.DurationVar(&o.ping, "ping", 30*time.Second, "`duration` for which a connection may be silent before it is pinged")
	flags.DurationVar(&o.handshakeTimeout, "handshake-timeout", 10*time.Second, "`duration` that a handshake may take")
	flags.DurationVar(&o.drain, "drain", 10*time.Second, "`duration` within which connections are closed after SIGTERM or SIGINT")
	flags.StringVar(&o.admin, "admin", "", "`host:port` of a second listener, for the operator: metrics, pprof, API (default: off)")
	flags.StringVar(&o.tlsCert, "tls-cert", "", "`file` with the certificate chain, or several files, comma-separated: each client gets the first certificate that it can use; they are read again when they change")
	flags.StringVar(&o.tlsKey, "tls-key", "", "`file` with the certificate's key; as many files, comma-separated, as -tls-cert has")
	flags.StringVar(&o.authSecretFile, "auth-secret-file", "", "`file` with a secret of at least 32 bytes; users need a token that is signed with it")
	flags.StringVar(&o.authAudience, "auth-audience", "", "`name` of this server for issuers of tokens; a token with aud must have it there (default: no token with aud is accepted)")
	flags.StringVar(&o.authJWKS, "auth-jwks", "", "`file or URL` (https, or http on this machine) of a JSON Web Key Set; tokens that its keys have signed are accepted")
	flags.StringVar(&o.authIssuer, "auth-issuer", "", "`name` that tokens of -auth-jwks must have as iss (default: any)")
	flags.StringVar(&o.authUserClaim, "auth-user-claim", "sub", "`claim` of tokens of -auth-jwks that is the user id")
	flags.StringVar(&o.users, "users", "", "`file` with the names that need a password, which wschat user keeps; it is read again when it changes")
	flags.BoolVar(&o.guests, "guests", false, "let names in that are not in -users, without a password")
	flags.BoolVar(&o.compress, "compress", false, "compress messages for clients that offer permessage-deflate")
	flags.IntVar(&o.maxConns, "max-conns", defaultMaxConns(), "maximum `number` of connections; one more gets 503")
	flags.IntVar(&o.maxConnsPerIP, "max-conns-per-ip", (defaultMaxConns()+1)/2, "maximum `number` of connections from one address; one more gets 503")
	flags.Var(&o.trustProxy, "trust-proxy", "comma-separated `CIDRs` of proxies whose X-Forwarded-For is trusted")
	flags.IntVar(&o.rate, "rate", 100, "maximum `number` of messages that are read from one connection a second; what costs the server more counts as more; 0 switches -rate-bytes off, too")
	flags.IntVar(&o.rateBytes, "rate-bytes", 256<<10, "maximum `bytes` that are read from one connection a second")
	flags.Var(&o.log, "log", "log `format`: text or json (default text)")
	return flags
}

// environmentName is the variable of a flag: WSCHAT_MAX_MESSAGE for max-message.
func environmentName(flag string) string {
	return "WSCHAT_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// guards are the flags without which the server is open to everybody.
var guards = map[string]bool{"auth-secret-file": true, "users": true, "auth-jwks": true}

// fromEnvironment sets the flags that were not given. A variable that is empty counts as
// unset, except those that would open the server to everybody. source tells for each flag
// how a person calls where its value is from: "-ping" or "WSCHAT_PING".
func fromEnvironment(flags *flag.FlagSet, env func(string) (string, bool)) (source map[string]string, err error) {
	source = make(map[string]string)
	flags.Visit(func(f *flag.Flag) { source[f.Name] = "-" + f.Name })
	flags.VisitAll(func(f *flag.Flag) {
		variable := environmentName(f.Name)
		value, ok := env(variable)
		if !ok || value == "" && !guards[f.Name] || source[f.Name] != "" || err != nil {
			return
		}
		source[f.Name] = variable
		if wrong := flags.Set(f.Name, value); wrong != nil {
			err = fmt.Errorf("invalid value %q for %s: %w", value, variable, wrong)
		}
	})
	return source, err
}

// check finds values that have the right form but make no sense. source is that
// of fromEnvironment.
func (o *options) check(source map[string]string) error {
	for name, addr := range map[string]string{"addr": o.addr, "admin": o.admin} {
		if !isAddress(addr) && !(name == "admin" && addr == "") {
			return fmt.Errorf("invalid value %q for %s: expected host:port, such as :8080 or 127.0.0.1:8080", addr, source[name])
		}
	}
	for name, value := range map[string]string{"auth-secret-file": o.authSecretFile, "users": o.users, "auth-jwks": o.authJWKS} {
		if given := source[name]; given != "" && value == "" {
			return fmt.Errorf("invalid value %q for %s: expected a file", "", given)
		}
	}
	if err := o.checkKeySet(source); err != nil {
		return err
	}
	if o.guests && o.users == "" {
		return errors.New("-guests is about who is not in -users: expected -users with it")
	}
	if o.users != "" && o.redis != "" && o.authSecretFile == "" {
		return errors.New("-users with -redis needs one key for the tokens of all nodes: expected -auth-secret-file with them")
	}
	if o.authAudience != "" && o.authSecretFile == "" && o.authJWKS == "" {
		return errors.New("-auth-audience is about tokens: expected -auth-secret-file or -auth-jwks with it")
	}
	if err := o.checkFiles(source); err != nil {
		return err
	}
	if o.redis != "" {
		if resp.CheckURL(o.redis, o.redisPasswordFile != "") != nil {
			return fmt.Errorf("invalid value for %s: %w", source["redis"], errRedisURL)
		}
		if o.data != "" {
			return errors.New("-data and -redis exclude each other: expected one of them or none")
		}
		if o.maxMessage == 0 || o.maxMessage > redis.MaxMessage {
			return fmt.Errorf("invalid value for %s: expected at most %d with -redis", cmp.Or(source["max-message"], "-max-message"), redis.MaxMessage)
		}
	} else if o.redisPasswordFile != "" {
		return errors.New("-redis-password-file is about Redis: expected -redis with it")
	}
	if given := source["redis-password-file"]; given != "" && o.redisPasswordFile == "" {
		return fmt.Errorf("invalid value %q for %s: expected a file", "", given)
	}
	if err := checkPairs(o.tlsCert, o.tlsKey); err != nil {
		return fmt.Errorf("-tls-cert and -tls-key go together: %w", err)
	}
	if given := source["memory"]; given != "" && o.memory > 0 && o.memory < minMemory {
		return fmt.Errorf("invalid value for %s: expected 0 (no limit), or %d or more", given, minMemory)
	}
	if given := source["history-bytes"]; given != "" && o.redis == "" && o.memory > 0 && o.historyBytes > o.historyShare() {
		return fmt.Errorf("invalid value for %s: expected at most %d, a quarter of -memory less 16 MiB", given, o.historyShare())
	}
	return nil
}

func (o *options) checkKeySet(source map[string]string) error {
	switch {
	case o.authJWKS == "" && o.authIssuer != "":
		return errors.New("-auth-issuer is about tokens of other issuers: expected -auth-jwks with it")
	case o.authJWKS == "" && source["auth-user-claim"] != "":
		return errors.New("-auth-user-claim is about tokens of other issuers: expected -auth-jwks with it")
	case o.authUserClaim == "":
		return fmt.Errorf("invalid value %q for %s: expected the name of a claim", "", source["auth-user-claim"])
	case jwk.IsURL(o.authJWKS) && jwk.CheckURL(o.authJWKS) != nil:
		return fmt.Errorf("invalid value for %s: expected a file, a URL with https, or one with http on this machine", source["auth-jwks"])
	}
	return nil
}

// checkNumbers finds the first number or duration that is negative.
func checkNumbers(flags *flag.FlagSet, source map[string]string) (err error) {
	flags.VisitAll(func(f *flag.Flag) {
		value, ok := f.Value.(flag.Getter) // as all numbers and durations are
		if !ok || err != nil {
			return
		}
		if _, isText := value.Get().(string); !isText && strings.HasPrefix(value.String(), "-") {
			err = fmt.Errorf("invalid value for %s: expected 0 (no limit) or more", source[f.Name])
		}
	})
	return err
}

// isAddress reports whether addr has the form of an address to listen on.
func isAddress(addr string) bool {
	host, port, err := net.SplitHostPort(addr)
	if err != nil || strings.ContainsAny(host, " /") {
		return false
	}
	_, err = net.LookupPort("tcp", port)
	return err == nil
}

func printHelp(flags *flag.FlagSet, w io.Writer) {
	fmt.Fprint(w, `usage: wschat [flags]   serve until SIGTERM or SIGINT
       wschat version   print the version
       wschat journal DIR
                        print and check what -data DIR holds
       wschat token -user A -auth-secret-file FILE [-ttl 24h] [-groups groupA,groupB]
                        print a token for a user
       wschat user FILE add|passwd|remove|list [NAME] [-role moderator] [-groups groupA,groupB]
                        keep the file for -users

Each flag can also be given as an environment variable, -max-message as
WSCHAT_MAX_MESSAGE; the flag wins. Sizes are bytes, durations such as 30s or
24h; 0 means no limit.

`)
	flags.SetOutput(w)
	flags.PrintDefaults()
}
