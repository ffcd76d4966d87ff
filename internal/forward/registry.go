package forward

import (
	"encoding/binary"
	"errors"
	"strconv"
	"strings"
)

// A Registry reads values of the Windows registry. A key begins with HKLM or HKCU.
type Registry interface {
	// Read returns a string, a uint64 or bytes, and nil when the value is not
	// there or may not be read.
	Read(key, name string) any
}

// Where Windows keeps the settings of the forward proxy.
const (
	internetSettings = `Software\Microsoft\Windows\CurrentVersion\Internet Settings`
	policySettings   = `Software\Policies\Microsoft\Windows\CurrentVersion\Internet Settings`
	machineSettings  = `HKLM\` + internetSettings
	machinePolicy    = `HKLM\` + policySettings
	userSettings     = `HKCU\` + internetSettings
)

// Inet are the Internet Settings of a user or of the machine.
type inet struct {
	detect bool   // look for a script on the network
	pac    string // address of a script
	static *Static
	err    error // part of it cannot be read
}

func (s inet) empty() bool { return !s.detect && s.pac == "" && s.static == nil }

// readInet reads the values that people and scripts write, and the record of the
// connection for what they do not say: that one alone knows whether to detect.
// WinINet keeps both, and takes over the values when they were changed
// (SavedLegacySettings), so a value that is there counts.
func readInet(r Registry, key string) (s inet) {
	record, err := decodeConnection(blob(r, key+`\Connections`, "DefaultConnectionSettings"))
	s.err = err
	n, _ := number(r, key, "AutoDetect")
	s.detect = n == 1 || record.flags&flagDetect != 0
	if s.pac = text(r, key, "AutoConfigURL"); s.pac == "" && record.flags&flagPAC != 0 {
		s.pac = record.pac
	}
	server, override := record.proxy, record.bypass
	on := record.flags&flagProxy != 0
	if n, ok := number(r, key, "ProxyEnable"); ok {
		on = n != 0
		if v := text(r, key, "ProxyServer"); v != "" {
			server, override = v, text(r, key, "ProxyOverride")
		}
	}
	if on && strings.TrimSpace(server) != "" {
		s.static = ParseStatic(server, override)
	}
	return s
}

// readWinHTTP reads what netsh winhttp set proxy writes; it has no script.
func readWinHTTP(r Registry) (s inet) {
	record, err := decodeConnection(blob(r, machineSettings+`\Connections`, "WinHttpSettings"))
	s.err = err
	if record.flags&flagProxy != 0 && strings.TrimSpace(record.proxy) != "" {
		s.static = ParseStatic(record.proxy, record.bypass)
	}
	return s
}

// The flags of a connection: INTERNET_PER_CONN_FLAGS of
// learn.microsoft.com/windows/win32/api/wininet/ns-wininet-internet_per_conn_optiona.
const (
	flagProxy  = 2
	flagPAC    = 4
	flagDetect = 8
)

// A connection is the record of one, as DefaultConnectionSettings and WinHttpSettings
// hold it.
type connection struct {
	flags              uint32
	proxy, bypass, pac string
}

var errRecord = errors.New("the record is damaged")

// decodeConnection reads a version, a counter and flags of four bytes each, least
// significant first, then strings after their length: proxy, bypass list and, where
// it is there, script. The layout is undocumented; Wine has the same
// (dlls/winhttp/session.c). What ends early has what stands before.
func decodeConnection(b []byte) (c connection, err error) {
	if len(b) == 0 {
		return c, nil
	}
	if len(b) < 12 {
		return c, errRecord
	}
	c.flags = binary.LittleEndian.Uint32(b[8:])
	b = b[12:]
	for _, into := range []*string{&c.proxy, &c.bypass, &c.pac} {
		if len(b) < 4 {
			return c, nil
		}
		n := uint64(binary.LittleEndian.Uint32(b))
		if b = b[4:]; n > uint64(len(b)) {
			return connection{}, errRecord
		}
		*into, b = strings.TrimRight(strings.ToValidUTF8(string(b[:n]), ""), "\x00"), b[n:]
	}
	return c, nil
}

func text(r Registry, key, name string) string {
	s, _ := r.Read(key, name).(string)
	return strings.TrimSpace(s)
}

func blob(r Registry, key, name string) []byte {
	b, _ := r.Read(key, name).([]byte)
	return b
}

// number reads also what somebody wrote as text (github.com/psf/requests issue 4373).
func number(r Registry, key, name string) (uint64, bool) {
	switch v := r.Read(key, name).(type) {
	case uint64:
		return v, true
	case string:
		n, err := strconv.ParseUint(strings.TrimSpace(v), 0, 32)
		return n, err == nil
	}
	return 0, false
}
