package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"wschat/cmd/wschat/token"
	"wschat/handshake"
	"wschat/hub"
	"wschat/hub/chat"
)

// bearerProtocol begins the entry of Sec-WebSocket-Protocol that carries a
// token: browsers can set no other header on a WebSocket.
const bearerProtocol = "bearer."

// access says who connects, and what the connection may do. secret is nil where
// no tokens are required; audience is what tokens with aud must name. Errors are
// *handshake.Rejection.
func access(r *handshake.Request, secret []byte, audience string, now time.Time) (hub.Access, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil { // it quotes the query, which may hold a token
		return hub.Access{}, reject(http.StatusBadRequest, "", "expected a well-formed query, got one with a bad escape or a semicolon")
	}
	user := query.Get("userId")
	if secret == nil {
		if err := chat.CheckUser(user); user != "" && err != nil {
			return hub.Access{}, badUser(user, err)
		}
		// A copy, since the original is a part of the whole request.
		return hub.Access{User: strings.Clone(user)}, nil
	}
	text := bearer(r, query)
	if text == "" {
		return hub.Access{}, unauthorized("expected a token, got none")
	}
	claims, err := token.Verify(secret, text, now)
	switch {
	case err != nil:
		return hub.Access{}, unauthorized("expected a valid token, got one that is refused: " + err.Error())
	case !claims.IsFor(audience):
		return hub.Access{}, unauthorized("expected a token without aud, or with the server's -auth-audience in it, got another aud")
	case !chat.ValidUser(claims.User):
		return hub.Access{}, unauthorized("expected a token whose sub is a user id, got another sub")
	case user != "" && user != claims.User:
		return hub.Access{}, unauthorized("expected the userId that the token's sub names, got another")
	}
	a := hub.Access{User: strings.Clone(claims.User), Expires: claims.Expires}
	if claims.Groups != nil {
		a.Allows = claims.Allows
	}
	return a, nil
}

// bearer finds the token of a request: in Authorization, in the query, or among
// the subprotocols, the first of them that is there; "" for none.
func bearer(r *handshake.Request, query url.Values) string {
	scheme, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(text)
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

func badUser(user string, why error) error {
	const most = 100 // bytes of it that are quoted
	if len(user) > most {
		user = user[:most] + "..."
	}
	return reject(http.StatusBadRequest, "name", "expected a userId of 1 to 64 bytes of letters, digits and _ - . @ "+
		"that is not a reserved word and does not begin with group, got %q: %v", user, why)
}

func unauthorized(reason string) error {
	return &handshake.Rejection{
		Status: http.StatusUnauthorized,
		Header: handshake.Header{{Name: "WWW-Authenticate", Value: "Bearer"}},
		Reason: reason,
		Kind:   "token",
	}
}

// reject makes a Rejection; see handshake.Rejection for kind.
func reject(status int, kind, format string, args ...any) error {
	return &handshake.Rejection{Status: status, Reason: fmt.Sprintf(format, args...), Kind: kind}
}
