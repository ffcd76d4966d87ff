package pac

import (
	"cmp"
	"context"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Of winhttp.h.
const (
	accessNoProxy    = 1
	accessNamedProxy = 3
	autoConfigURL    = 2 // of WINHTTP_AUTOPROXY_OPTIONS.dwFlags
	detectDHCP       = 1
	detectDNS        = 2
)

// autoProxyOptions is WINHTTP_AUTOPROXY_OPTIONS.
type autoProxyOptions struct {
	flags         uint32
	detect        uint32
	configURL     *uint16
	reserved      uintptr
	reservedFlags uint32
	autoLogon     int32
}

// proxyInfo is WINHTTP_PROXY_INFO.
type proxyInfo struct {
	access uint32
	proxy  *uint16
	bypass *uint16
}

// api is what is called of winhttp.dll.
type api struct {
	open, getProxyForURL, detect *windows.LazyProc
	globalFree                   *windows.LazyProc
}

func newAPI() api {
	dll := windows.NewLazySystemDLL("winhttp.dll")
	return api{
		open: dll.NewProc("WinHttpOpen"), getProxyForURL: dll.NewProc("WinHttpGetProxyForUrl"), detect: dll.NewProc("WinHttpDetectAutoProxyConfigUrl"),
		globalFree: windows.NewLazySystemDLL("kernel32.dll").NewProc("GlobalFree"),
	}
}

// A winFinder asks WinHTTP, which fetches the script, keeps it and runs it in a
// service of its own.
type winFinder struct {
	api
	location string
	budget   time.Duration
	session  uintptr // lives as long as the process

	mu      sync.Mutex
	answers map[string]winAnswer
}

type winAnswer struct {
	ways  []*url.URL
	err   error
	until time.Time
}

const (
	defaultBudget = 5 * time.Second
	keepAnswer    = time.Minute // scripts may look at the clock
	maxAnswers    = 4096
)

// Open has WinHTTP fetch the script once, to tell early when it cannot. It takes
// http and https only.
func Open(ctx context.Context, location string, o Options) (Finder, error) {
	u, err := url.Parse(location)
	if err != nil {
		return nil, &FetchError{Location: "(unreadable)", Reason: "is not a URL"}
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return nil, &FetchError{Location: u.Redacted(), Reason: "has scheme " + u.Scheme + ", of which WinHTTP takes http and https only"}
	}
	f := &winFinder{api: newAPI(), location: location, budget: cmp.Or(o.Budget, defaultBudget), answers: map[string]winAnswer{}}
	if f.session, err = f.newSession(); err != nil {
		return nil, err
	}
	if _, err := f.Find(ctx, u); err != nil {
		return nil, err
	}
	return f, nil
}

// Detect has WinHTTP look for a script by DHCP, then by DNS.
func Detect(ctx context.Context, o Options) (f Finder, location string, err error) {
	a := newAPI()
	if err := a.detect.Find(); err != nil {
		return nil, "", &DetectError{Err: err}
	}
	type found struct {
		location string
		err      error
	}
	done := make(chan found, 1)
	go func() {
		var text *uint16
		ok, _, errno := a.detect.Call(detectDHCP|detectDNS, uintptr(unsafe.Pointer(&text)))
		if ok == 0 {
			done <- found{err: winError("WinHttpDetectAutoProxyConfigUrl", errno)}
			return
		}
		done <- found{location: a.take(text)}
	}()
	select {
	case r := <-done:
		if r.err != nil {
			return nil, "", &DetectError{Err: r.err}
		}
		f, err := Open(ctx, r.location, o)
		return f, r.location, err
	case <-ctx.Done():
		return nil, "", ctx.Err()
	case <-time.After(cmp.Or(o.Budget, defaultBudget)):
		return nil, "", &DetectError{Err: context.DeadlineExceeded}
	}
}

func (a api) newSession() (uintptr, error) {
	if err := a.open.Find(); err != nil {
		return 0, &WinHTTPError{Call: "WinHttpOpen", Err: err}
	}
	agent, err := windows.UTF16PtrFromString("goproxy-setup")
	if err != nil {
		return 0, err
	}
	h, _, errno := a.open.Call(uintptr(unsafe.Pointer(agent)), accessNoProxy, 0, 0, 0)
	if h == 0 {
		return 0, winError("WinHttpOpen", errno)
	}
	return h, nil
}

// take copies a string of WinHTTP and frees it.
func (a api) take(p *uint16) string {
	if p == nil {
		return ""
	}
	s := windows.UTF16PtrToString(p)
	a.globalFree.Call(uintptr(unsafe.Pointer(p)))
	return s
}

func (f *winFinder) Find(ctx context.Context, u *url.URL) ([]*url.URL, error) {
	key := shown(u).String()
	f.mu.Lock()
	a, ok := f.answers[key]
	f.mu.Unlock()
	if ok && time.Now().Before(a.until) {
		return a.ways, a.err
	}
	done := make(chan winAnswer, 1)
	go func() {
		ways, err := f.ask(key)
		done <- winAnswer{ways, err, time.Now().Add(keepAnswer)}
	}()
	select {
	case a = <-done:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(f.budget): // WinHTTP ends a script after a minute
		a = winAnswer{nil, &ScriptError{Location: redacted(f.location), Host: u.Hostname(), Fault: FaultTime, Detail: "no answer within " + f.budget.String()}, time.Now().Add(keepAnswer)}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.answers) >= maxAnswers {
		clear(f.answers)
	}
	f.answers[key] = a
	return a.ways, a.err
}

func redacted(location string) string {
	u, err := url.Parse(location)
	if err != nil {
		return "(unreadable)"
	}
	return u.Redacted()
}

// ask signs in with this account at the server of the script only if it must: asked
// to from the start, WinHTTP runs the script in this process (remarks of
// WinHttpGetProxyForUrl).
func (f *winFinder) ask(to string) ([]*url.URL, error) {
	ways, err := f.call(to, 0)
	if e, ok := err.(*WinHTTPError); ok && e.Err == errLogin {
		return f.call(to, 1)
	}
	return ways, err
}

func (f *winFinder) call(to string, autoLogon int32) ([]*url.URL, error) {
	target, err := windows.UTF16PtrFromString(to)
	if err != nil {
		return nil, err
	}
	location, err := windows.UTF16PtrFromString(f.location)
	if err != nil {
		return nil, err
	}
	options := autoProxyOptions{flags: autoConfigURL, configURL: location, autoLogon: autoLogon}
	var info proxyInfo
	ok, _, errno := f.getProxyForURL.Call(f.session, uintptr(unsafe.Pointer(target)), uintptr(unsafe.Pointer(&options)), uintptr(unsafe.Pointer(&info)))
	if ok == 0 {
		return nil, winError("WinHttpGetProxyForUrl", errno)
	}
	list := f.take(info.proxy)
	f.take(info.bypass)
	if info.access != accessNamedProxy {
		return []*url.URL{nil}, nil
	}
	return parseList(list, strings.HasPrefix(to, "https:"))
}

// winError names the numbers that WinHTTP gives (error messages of WinHTTP); the
// system has no texts for them outside of its own DLL.
func winError(call string, err error) error {
	errno, _ := err.(syscall.Errno)
	return &WinHTTPError{Call: call, Number: uint32(errno), Err: err}
}

const errLogin = syscall.Errno(12015) // ERROR_WINHTTP_LOGIN_FAILURE
