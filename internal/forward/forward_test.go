package forward

import (
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"testing"

	"github.com/goproxy-setup/goproxy-setup/report"
)

func TestFromEnvironment(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		env                map[string]string
		url                string
		want               string // forward proxy for url
		source, hides, err string
	}{
		"none":                         {url: "https://a.example/"},
		"upper case wins":              {env: map[string]string{"HTTPS_PROXY": "http://up:1", "https_proxy": "http://low:2"}, url: "https://a.example/", want: "http://up:1", source: "HTTPS_PROXY", hides: "https_proxy"},
		"lower case alone":             {env: map[string]string{"https_proxy": "low:2"}, url: "https://a.example/", want: "http://low:2", source: "https_proxy"},
		"http is not used for https":   {env: map[string]string{"HTTP_PROXY": "http://p:1"}, url: "https://a.example/", source: "HTTP_PROXY"},
		"bypassed":                     {env: map[string]string{"HTTPS_PROXY": "http://p:1", "NO_PROXY": ".example"}, url: "https://a.example/", source: "HTTPS_PROXY"},
		"loopback is always direct":    {env: map[string]string{"HTTP_PROXY": "http://p:1"}, url: "http://127.0.0.1:8080/", source: "HTTP_PROXY"},
		"ALL_PROXY is not Go's":        {env: map[string]string{"ALL_PROXY": "http://p:1"}, url: "https://a.example/"},
		"password is not in the error": {env: map[string]string{"HTTPS_PROXY": "http://u:s3cret@p:x y"}, err: "HTTPS_PROXY is not a URL"},
		"unknown scheme":               {env: map[string]string{"HTTPS_PROXY": "ftp://p:1"}, err: `HTTPS_PROXY has scheme "ftp", not http, https or socks5`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := FromEnvironment(func(k string) string { return tt.env[k] })
			if tt.err != "" {
				var ve *ValueError
				if !errors.As(err, &ve) || err.Error() != tt.err {
					t.Fatalf("error %v, want %s", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			u, _ := url.Parse(tt.url)
			got, err := c.Proxy(u)
			if err != nil {
				t.Fatal(err)
			}
			text := ""
			if got != nil {
				text = got.String()
			}
			if text != tt.want || c.Source != tt.source || c.Hides != tt.hides {
				t.Errorf("proxy %q from %q hiding %q, want %q, %q, %q", text, c.Source, c.Hides, tt.want, tt.source, tt.hides)
			}
		})
	}
}

func TestCheckConnect(t *testing.T) {
	t.Parallel()
	proxy, _ := url.Parse("http://u:pw@proxy.example:3128")
	err := CheckConnect(proxy, &http.Response{StatusCode: 407, Status: "407 authenticationrequired", Header: http.Header{
		"Proxy-Authenticate": {"Negotiate", "NTLM", `Basic realm="corp"`},
	}})
	var ce *ConnectError
	if !errors.As(err, &ce) {
		t.Fatalf("error %v, want a ConnectError", err)
	}
	if want := []string{"Negotiate", "NTLM", "Basic"}; !reflect.DeepEqual(ce.Schemes, want) {
		t.Errorf("schemes %v, want %v", ce.Schemes, want)
	}
	if ce.FailureClass() != report.ForwardProxyAuth {
		t.Errorf("class %s", ce.FailureClass())
	}
	if got, want := err.Error(), "forward proxy http://u:xxxxx@proxy.example:3128 refused CONNECT: 407 authenticationrequired (it offers Negotiate, NTLM, Basic)"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if err := CheckConnect(proxy, &http.Response{StatusCode: 200}); err != nil {
		t.Errorf("200 gives %v", err)
	}
	if c := CheckConnect(proxy, &http.Response{StatusCode: 503, Status: "503 Nope"}).(*ConnectError).FailureClass(); c != report.ForwardProxyFailure {
		t.Errorf("503 has class %s", c)
	}
}
