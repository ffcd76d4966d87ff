package classify

import "regexp"

// secrets are the forms in which credentials get into logs; what stands in for
// a match keeps the part that helps a reader.
var secrets = []struct {
	form *regexp.Regexp
	keep string
}{
	// A name alone may be the token itself; git is the one name that never is.
	{regexp.MustCompile(`(?i)([a-z][a-z0-9+.-]*://)git@`), "${1}git\x00"},
	{regexp.MustCompile(`(?i)([a-z][a-z0-9+.-]*:/{1,2})[^\s/?#@"'<>]+(?:@[^\s/?#@"'<>]*)*@`), "${1}xxxxx@"},
	{regexp.MustCompile("\x00"), "@"},
	{regexp.MustCompile(`(?i)\b((?:proxy-)?authorization["']?\s*[:=]\s*["']?(?:(?:basic|bearer|negotiate|ntlm|digest|token)\s+)?)[^\s"']+`), "${1}xxxxx"},
	{regexp.MustCompile(`(?i)\b((?:private|job|deploy|access|auth|x-[a-z-]*|npm|go|git|ci)[-_]?(?:token|key|password|secret)["']?\s*[:=]\s*["']?)[^\s"'&]+`), "${1}xxxxx"},
	{regexp.MustCompile(`(?i)([?&](?:token|access_token|private_token|key|sig|signature|password|x-amz-[a-z-]+|x-goog-[a-z-]+)=)[^\s&"']+`), "${1}xxxxx"},
	{regexp.MustCompile(`\b(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,}|gl[a-z]{2,8}-[A-Za-z0-9_-]{16,}|AKC[A-Za-z0-9]{16,}|AKIA[A-Z0-9]{12,}|xox[a-z]-[A-Za-z0-9-]{10,}|eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?)`), "xxxxx"},
}

// Redact takes credentials out of a line: userinfo of URLs, values of
// authorization headers and of token parameters, tokens of known forms.
func Redact(line string) string {
	for _, s := range secrets {
		line = s.form.ReplaceAllString(line, s.keep)
	}
	return line
}
