package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"wschat/cmd/wschat/account"
	"wschat/cmd/wschat/jwk"
	"wschat/cmd/wschat/password"
	"wschat/cmd/wschat/token"
	"wschat/handshake"
	"wschat/hub"
	"wschat/hub/chat"
)

// bearerProtocol begins the entry of Sec-WebSocket-Protocol that carries a
// token: browsers can set no other header on a WebSocket.
const bearerProtocol = "bearer."

// gate says who connects, and what the connection may do. Its errors are
// *handshake.Rejection. Safe for concurrent use.
type gate struct {
	secret    []byte      // -auth-secret-file; nil: none
	audience  string      // what tokens with aud must name
	users     *users      // -users; nil: none
	guests    bool        // -guests
	loginKey  []byte      // signs the tokens of /login
	keys      *jwk.Source // -auth-jwks; nil: none
	issuer    string      // that tokens of keys must name; "": any
	userClaim string      // of them
	passwords *password.Checker
	patience  time.Duration // for which a password may wait to be checked
	proxies   prefixList
}

// open reports whether anybody may take any free name.
func (g *gate) open() bool { return g.secret == nil && g.users == nil && g.keys == nil }

// admit decides on a connection. What takes long is left to later, which is nil if there is
// nothing of that, and else decides; it may block.
func (g *gate) admit(r *handshake.Request, now time.Time) (a hub.Access, later func() (hub.Access, error), err error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil { // it quotes the query, which may hold a token
		return a, nil, reject(http.StatusBadRequest, "", "expected a well-formed query, got one with a bad escape or a semicolon")
	}
	user := strings.Clone(query.Get("userId")) // the original is a part of the whole request
	if g.open() {
		a, err = guest(user)
		return a, nil, err
	}
	if text, ok := authorization(r, "Basic"); ok && g.users != nil {
		later, err := g.basic(r, text, user)
		return a, later, err
	}
	if text := bearer(r, query); text != "" {
		return g.token(text, user, now)
	}
	if g.users == nil {
		return a, nil, unauthorized("expected a token, got none")
	}
	a, err = g.withoutCredentials(r, user)
	return a, nil, err
}

// guest lets somebody in under a name that nobody has.
func guest(user string) (hub.Access, error) {
	if err := chat.CheckUser(user); user != "" && err != nil {
		return hub.Access{}, badUser(user, err)
	}
	return hub.Access{User: user}, nil
}

// withoutCredentials lets guests in, if there are any.
func (g *gate) withoutCredentials(r *handshake.Request, user string) (hub.Access, error) {
	if !g.guests || g.users.find(user) != nil {
		return hub.Access{}, g.challenge(r, "expected a password or a token, got none")
	}
	a, err := guest(user)
	if err == nil && user != "" {
		a.Valid = g.users.unchanged(user, nil)
	}
	return a, err
}

// basic takes a name and a password (RFC 7617).
func (g *gate) basic(r *handshake.Request, encoded, user string) (later func() (hub.Access, error), err error) {
	text, err := base64.StdEncoding.DecodeString(encoded)
	name, secret, ok := strings.Cut(string(text), ":")
	if err != nil || !ok || user != "" && user != name {
		return nil, g.challenge(r, "expected the name and the password of a user, and no other userId")
	}
	return func() (hub.Access, error) {
		a, err := g.checkPassword(context.Background(), r, name, secret)
		if err != nil {
			return hub.Access{}, err
		}
		return g.account(a), nil
	}, nil
}

// checkPassword returns the account of a name if the password is right. It blocks until it
// is the password's turn.
func (g *gate) checkPassword(ctx context.Context, r *handshake.Request, name, secret string) (*account.Account, error) {
	if !chat.ValidUser(name) { // nobody has it, as everybody knows
		return nil, g.wrongPassword(r)
	}
	ctx, cancel := context.WithTimeout(ctx, g.patience)
	defer cancel()
	var a *account.Account
	err := g.passwords.Check(ctx, name, clientIP(r, g.proxies), func() bool {
		a = g.users.table.Load().Check(name, secret)
		return a != nil
	})
	var limited *password.Limited
	switch {
	case err == nil:
		return a, nil
	case errors.As(err, &limited):
		return nil, &handshake.Rejection{
			Status: http.StatusTooManyRequests,
			Header: handshake.Header{{Name: "Retry-After", Value: strconv.Itoa(int(math.Ceil(limited.Wait.Seconds())))}},
			Reason: "too many wrong passwords for this name or from this address",
			Kind:   "guessing",
		}
	case errors.Is(err, password.ErrBusy):
		return nil, unavailable("passwords", "too many passwords wait to be checked", "2")
	}
	return nil, g.wrongPassword(r)
}

// wrongPassword does not tell whether there is somebody by that name.
func (g *gate) wrongPassword(r *handshake.Request) error {
	err := g.challenge(r, "expected the name and the password of a user, got others")
	err.Kind = "password"
	return err
}

// account is the access of a user who has given the password.
func (g *gate) account(a *account.Account) hub.Access {
	access := accessOf(token.Claims{User: a.Name, Groups: a.Groups, Role: a.Role})
	access.Valid = g.users.unchanged(a.Name, a)
	return access
}

// token takes a token. user is the userId, which need not be given.
func (g *gate) token(text, user string, now time.Time) (a hub.Access, later func() (hub.Access, error), err error) {
	signed, err := token.Parse(text)
	switch {
	case err != nil:
		return a, nil, badToken(err)
	case g.keys != nil && signed.Algorithm != token.HS256:
		return a, func() (hub.Access, error) { return g.foreign(signed, user) }, nil
	}
	key := g.secret
	if key == nil {
		key = g.loginKey
	}
	if key == nil { // anybody could sign with none
		return a, nil, badToken(token.ErrAlgorithm)
	}
	claims, err := token.Verify(key, text, now)
	if err != nil {
		return a, nil, badToken(err)
	}
	if err := g.checkClaims(claims, user); err != nil {
		return a, nil, err
	}
	switch {
	case claims.Password != "":
		a, err = g.loggedIn(claims)
	case g.secret == nil: // nobody but /login signs with its key
		err = badToken(token.ErrSignature)
	default:
		a = accessOf(claims)
	}
	return a, nil, err
}

func badToken(err error) error {
	return unauthorized("expected a valid token, got one that is refused: " + err.Error())
}

// foreign takes a token of another issuer. It may block.
func (g *gate) foreign(signed *token.Signed, user string) (hub.Access, error) {
	switch err := g.keys.Verify(signed); {
	case errors.Is(err, jwk.ErrBusy):
		return hub.Access{}, unavailable("keys", "too many tokens wait for their keys", "5")
	case err != nil:
		return hub.Access{}, badToken(err)
	}
	claims, err := signed.Claims(time.Now(), g.userClaim)
	switch {
	case err != nil:
		return hub.Access{}, badToken(err)
	case g.issuer != "" && claims.Issuer != g.issuer:
		return hub.Access{}, unauthorized("expected a token whose iss is the server's -auth-issuer, got another one")
	case g.audience != "" && claims.Audience == nil:
		return hub.Access{}, unauthorized("expected a token with the server's -auth-audience in aud, got none")
	}
	if err := g.checkClaims(claims, user); err != nil {
		return hub.Access{}, err
	}
	return accessOf(claims), nil
}

// checkClaims checks what a valid token says.
func (g *gate) checkClaims(claims token.Claims, user string) error {
	switch {
	case !claims.IsFor(g.audience):
		return unauthorized("expected a token without aud, or with the server's -auth-audience in it, got another aud")
	case !chat.ValidUser(claims.User):
		return unauthorized("expected a token whose sub is a user id, got another sub")
	case user != "" && user != claims.User:
		return unauthorized("expected the userId that the token's sub names, got another")
	}
	return nil
}

// loggedIn returns the access of a token of /login, which is that of the account now.
func (g *gate) loggedIn(claims token.Claims) (hub.Access, error) {
	var a *account.Account
	if g.users != nil {
		a = g.users.find(claims.User)
	}
	if a == nil || passwordVersion(g.loginKey, a) != claims.Password {
		return hub.Access{}, unauthorized("expected a token of the user's present password, got one of another")
	}
	access := g.account(a)
	access.Expires = claims.Expires
	return access, nil
}

func accessOf(claims token.Claims) hub.Access {
	a := hub.Access{User: strings.Clone(claims.User), Expires: claims.Expires, Moderator: claims.Role == account.Moderator}
	if claims.Groups != nil {
		a.Allows = claims.Allows
	}
	return a
}

// bearer finds the token of a request: in Authorization, in the query, or among
// the subprotocols, the first of them that is there; "" for none.
func bearer(r *handshake.Request, query url.Values) string {
	if text, ok := authorization(r, "Bearer"); ok {
		return text
	}
	if text := query.Get("token"); text != "" {
		return text
	}
	protocols, _ := handshake.Protocols(r) // Verify has checked the list
	for _, p := range protocols {
		if text, ok := strings.CutPrefix(p, bearerProtocol); ok {
			return text
		}
	}
	return ""
}

// authorization returns what Authorization has for a scheme (RFC 9110 §11.4).
func authorization(r *handshake.Request, scheme string) (text string, ok bool) {
	got, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(text), strings.EqualFold(got, scheme)
}

func badUser(user string, why error) error {
	const most = 100 // bytes of it that are quoted
	if len(user) > most {
		user = user[:most] + "..."
	}
	return reject(http.StatusBadRequest, "name", "expected a userId of 1 to 64 bytes of letters, digits and _ - . @ "+
		"that is not a reserved word and does not begin with group, got %q: %v", user, why)
}

func unauthorized(reason string) *handshake.Rejection {
	return &handshake.Rejection{
		Status: http.StatusUnauthorized,
		Header: handshake.Header{{Name: "WWW-Authenticate", Value: "Bearer"}},
		Reason: reason,
		Kind:   "token",
	}
}

// challenge is unauthorized where a password would do, too. A page is not told of that: its
// browser would ask for one in a window of its own.
func (g *gate) challenge(r *handshake.Request, reason string) *handshake.Rejection {
	refused := unauthorized(reason)
	if !r.Header.Has("Origin") {
		refused.Header = append(refused.Header, handshake.Field{Name: "WWW-Authenticate", Value: `Basic realm="wschat", charset="UTF-8"`})
	}
	return refused
}

// reject makes a Rejection; see handshake.Rejection for kind.
func reject(status int, kind, format string, args ...any) error {
	return &handshake.Rejection{Status: status, Reason: fmt.Sprintf(format, args...), Kind: kind}
}
