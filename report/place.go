package report

import (
	"cmp"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// goFile matches how the go command names a line of a go.mod, go.sum or go.work.
var goFile = regexp.MustCompile(`(?:^|[\s"'(])((?:[\w.\-]+[/\\])*go\.(?:mod|sum|work)):(\d{1,7})\b`)

// inFile are the classes that somebody can mend in a file of the repository.
// All others are about a network or a machine, and no line is to blame.
var inFile = map[Class]string{
	ChecksumMismatch: "go.sum",
	GoModInvalid:     "go.mod",
	GoSumMissing:     "go.sum",
	ModuleNotFound:   "go.mod",
	PrivateModule:    "go.mod",
	Toolchain:        "go.mod",
	VersionNotFound:  "go.mod",
}

// place returns the file of the repository that a failure is about, with slashes
// and relative to the working directory, and a line of it, 0 if none is known.
func (r *Report) place(f Failure) (file string, line int) {
	for _, e := range f.Evidence {
		m := goFile.FindStringSubmatch(clip(clean(e), 2000))
		if m == nil {
			continue
		}
		name := path.Clean(strings.ReplaceAll(m[1], `\`, "/"))
		if n, err := strconv.Atoi(m[2]); err == nil && !strings.HasPrefix(name, "..") {
			return name, n
		}
	}
	name, ok := inFile[f.Class]
	if !ok {
		return "", 0
	}
	return r.inModule(name), 0
}

// inModule is the path of a file next to go.mod; with several main modules, the
// one of the working directory.
func (r *Report) inModule(name string) string {
	if len(r.Modules) != 1 {
		return name
	}
	dir := path.Clean(strings.ReplaceAll(line(r.Modules[0].Dir, 500), `\`, "/"))
	if strings.HasPrefix(dir, "..") || path.IsAbs(dir) || strings.Contains(dir, ":") {
		return name
	}
	return path.Join(cmp.Or(dir, "."), name)
}
