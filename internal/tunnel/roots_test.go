package tunnel

import (
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRoots(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	der := s.secure.Certificate().Raw
	good := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	broken := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der[:100]}))
	private := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")}))
	dir := t.TempDir()
	for name, tt := range map[string]struct{ text, want string }{
		"good":                {good, ""},
		"with a comment":      {"# CA of the firewall\r\n" + strings.ReplaceAll(good, "\n", "\r\n"), ""},
		"two":                 {good + good, ""},
		"key and certificate": {private + good, ""},
		"empty":               {"", "is not in PEM form"},
		"DER":                 {string(der), "is not in PEM form"},
		"web page":            {"<html>", "is not in PEM form"},
		"key only":            {private, "has no certificate"},
		"cut off":             {good[:len(good)/2], "has no certificate"},
		"broken":              {good + broken, "has a broken certificate, number 2"},
	} {
		file := filepath.Join(dir, strings.ReplaceAll(name, " ", "-"))
		if err := os.WriteFile(file, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		pool, err := Roots(file)
		var ce *CAFileError
		switch {
		case tt.want == "" && (err != nil || pool == nil):
			t.Errorf("%s: %v", name, err)
		case tt.want != "" && (!errors.As(err, &ce) || ce.File != file || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: error %v, want %s", name, err, tt.want)
		case tt.want == "":
			c := client(t, &server{secure: s.secure, plain: s.plain, roots: pool}, Options{Ways: ways(nil)})
			if _, err := get(t, c, secure); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if pool, err := Roots(); pool != nil || err != nil {
		t.Errorf("no file: %v, %v", pool, err)
	}
	if _, err := Roots(filepath.Join(dir, "no")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
}
