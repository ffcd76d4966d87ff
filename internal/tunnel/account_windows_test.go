package tunnel

import (
	"bytes"
	"testing"
)

// TestOwnAccount has the system begin to sign in, and take the answer of a proxy.
func TestOwnAccount(t *testing.T) {
	t.Parallel()
	h, err := ownAccount("ntlm", "proxy.example")
	if err != nil {
		t.Skip("this system has no NTLM, which Wine takes from winbind's ntlm_auth: ", err)
	}
	defer h.Close()
	token, err := h.Next(nil)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(token, []byte("NTLMSSP\x00\x01\x00\x00\x00")) {
		t.Errorf("it begins with %q", token)
	}
	if _, err := h.Next([]byte("no challenge")); err == nil {
		t.Error("it takes what is no challenge")
	}
}

// TestUnused: a handshake that never began holds nothing that cannot be freed.
func TestUnused(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"ntlm", "negotiate"} {
		if h, err := ownAccount(scheme, "proxy.example"); err == nil {
			h.Close()
		}
	}
}
