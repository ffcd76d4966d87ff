package tunnel

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/Azure/go-ntlmssp"
)

// A Handshake signs in at one connection. Next is given what the proxy said, nil at
// first, and returns what to answer; empty is that it is the proxy's turn to say
// yes or no.
type Handshake interface {
	Next(challenge []byte) (token []byte, err error)
	Close()
}

// errNone is a Handshake that this system cannot do.
var errNone = errors.New("no account to sign in with")

// A scheme is one way to sign in at a proxy.
type scheme struct {
	name     string // in lower case
	explicit bool   // with user and password of the proxy's URL
	start    func() (Handshake, error)
}

// strength is the order of schemes, best first. Negotiate is Kerberos where there
// is a ticket; Basic hands over the password itself. Digest is not spoken.
var strength = []string{"negotiate", "ntlm", "basic"}

// schemes are those that a proxy offers and for which there is something to sign in
// with: user and password of its URL, else the account of this process.
func (t *Tunnel) schemes(way *url.URL, offers map[string]string) (list []scheme) {
	for _, name := range strength {
		_, offered := offers[name]
		_, ntlm := offers["ntlm"]
		switch {
		case !offered:
		case way.User == nil && name != "basic":
			list = append(list, scheme{name, false, func() (Handshake, error) { return t.o.Account(name, way.Hostname()) }})
		case way.User == nil, name == "negotiate" && ntlm:
			// a password makes no ticket; NTLM, which Negotiate may contain, is offered as such
		case name == "basic":
			list = append(list, scheme{name, true, func() (Handshake, error) { return &basicLogin{way.User}, nil }})
		default:
			list = append(list, scheme{name, true, func() (Handshake, error) { return &ntlmLogin{user: way.User}, nil }})
		}
	}
	return list
}

// signIn answers challenges until the proxy is content or nothing is left to try.
// The answer it returns is the last one.
func (c *connecting) signIn(resp *http.Response) (*http.Response, error) {
	l := c.t.login(c.way)
	defer l.lock()()
	for _, s := range c.t.schemes(c.way, challenges(resp.Header.Values("Proxy-Authenticate"))) {
		if s.explicit && l.closed(c.t.o.Now()) {
			c.held = true
			break
		}
		h, err := s.start()
		if err != nil {
			continue
		}
		answer, spent, err := c.exchange(s.name, h, resp)
		h.Close()
		if err != nil {
			return nil, err
		}
		resp = answer
		if spent || !s.explicit {
			c.refused = title[s.name]
		}
		switch {
		case resp.StatusCode != http.StatusProxyAuthRequired:
			l.accepted()
			return resp, nil
		case spent && s.explicit: // it knows them and does not want them; asking again may lock the account
			l.refused(c.t.o.Now())
			return resp, nil
		}
	}
	return resp, nil
}

// exchange runs one handshake. spent is whether credentials were handed over.
func (c *connecting) exchange(name string, h Handshake, resp *http.Response) (answer *http.Response, spent bool, err error) {
	var challenge []byte
	for range 8 { // Kerberos takes one message, NTLM two
		token, err := h.Next(challenge)
		if err != nil || token == nil {
			return resp, spent, nil
		}
		if !drained(resp) {
			if challenge != nil {
				return resp, spent, nil // the other half of the handshake is lost
			}
			if err := c.open(); err != nil {
				return nil, spent, err
			}
		}
		spent = spent || challenge != nil || name == "basic"
		resp, err = c.ask(title[name] + " " + base64.StdEncoding.EncodeToString(token))
		if err != nil || resp.StatusCode != http.StatusProxyAuthRequired {
			return resp, spent, err
		}
		challenge, err = base64.StdEncoding.DecodeString(challenges(resp.Header.Values("Proxy-Authenticate"))[name])
		if err != nil || len(challenge) == 0 {
			return resp, spent, nil
		}
	}
	return resp, spent, nil
}

var title = map[string]string{"negotiate": "Negotiate", "ntlm": "NTLM", "basic": "Basic"}

// challenges are the schemes of Proxy-Authenticate in lower case, with the token of
// those that have one. Of parameters only the commas between them matter here
// (RFC 9110, section 11.6.1).
func challenges(values []string) map[string]string {
	list := map[string]string{}
	for part := range strings.SplitSeq(strings.Join(values, ","), ",") {
		name, rest, _ := strings.Cut(strings.TrimSpace(part), " ")
		name = strings.ToLower(name)
		if _, known := title[name]; !known {
			continue
		}
		if _, twice := list[name]; !twice {
			list[name] = strings.TrimSpace(rest)
		}
	}
	return list
}

type basicLogin struct{ user *url.Userinfo }

func (b *basicLogin) Next(challenge []byte) ([]byte, error) {
	if challenge != nil || b.user == nil {
		return nil, nil
	}
	password, _ := b.user.Password()
	return []byte(b.user.Username() + ":" + password), nil
}

func (b *basicLogin) Close() {}

// ntlmLogin is NTLMv2 with a password. The domain is a part of the user's name:
// DOMAIN\user, or user@domain.
type ntlmLogin struct {
	user *url.Userinfo
	done bool
}

func (n *ntlmLogin) Next(challenge []byte) ([]byte, error) {
	switch {
	case n.done:
		return nil, nil
	case challenge == nil:
		return ntlmssp.NewNegotiateMessage("", "")
	}
	n.done = true
	password, _ := n.user.Password()
	return ntlmssp.NewAuthenticateMessage(challenge, n.user.Username(), password, nil)
}

func (n *ntlmLogin) Close() {}

// A login is what is known of signing in at a proxy. Until it has worked once, one
// connection tries at a time, and a refused password is not sent again for a
// minute: a directory locks an account after a few wrong ones, and this program has
// many connections and repeats what fails.
type login struct {
	turn sync.Mutex // held while credentials are tried that have not worked yet

	mu     sync.Mutex
	proven bool
	until  time.Time // refused until then
	plain  plainWay
}

// plainWay is how plain http is sent through a proxy that wants credentials.
type plainWay int

const (
	plainAsk plainWay = iota // without credentials
	plainBasic
	plainConnect
)

const refusedFor = time.Minute

func (t *Tunnel) login(way *url.URL) *login {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.logins[key(way)]
	if l == nil {
		l = &login{}
		t.logins[key(way)] = l
	}
	return l
}

// lock waits for its turn where that matters, and returns how to end it.
func (l *login) lock() (unlock func()) {
	l.mu.Lock()
	proven := l.proven
	l.mu.Unlock()
	if proven {
		return func() {}
	}
	l.turn.Lock()
	return l.turn.Unlock
}

func (l *login) accepted() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.proven = true
}

// refused says that the password is wrong, if it never was right: one that worked
// was refused for another reason, such as a directory that is out of reach.
func (l *login) refused(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.proven {
		l.until = now.Add(refusedFor)
	}
}

func (l *login) closed(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return now.Before(l.until)
}

func (l *login) plainBy() plainWay {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.plain
}

func (l *login) setPlain(w plainWay) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.plain = w
}
