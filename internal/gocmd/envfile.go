package gocmd

import (
	"os"
	"path/filepath"
	"strings"
)

// ParseEnvFile reads the form of GOENV and $GOROOT/go.env as the go command
// does (readEnvFile in cmd/go/internal/cfg/cfg.go): a line is NAME=value with
// no quoting and no trimming, not even of a carriage return; the last one of a
// name counts; a line without "=" or whose first byte is not A-Z is skipped.
func ParseEnvFile(data string) map[string]string {
	vars := map[string]string{}
	for line := range strings.SplitSeq(data, "\n") {
		name, value, ok := strings.Cut(line, "=")
		if !ok || name == "" || name[0] < 'A' || 'Z' < name[0] {
			continue
		}
		vars[name] = value
	}
	return vars
}

// readEnvFile reads a file of that form. Like the go command it takes one that
// cannot be read for none.
func readEnvFile(file string) map[string]string {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	return ParseEnvFile(string(data))
}

// An EnvEdit sets or removes one variable of a file of that form.
type EnvEdit struct {
	Name, Value string
	Remove      bool
}

// EditEnvFile does what go env -w and go env -u do to the text of a file, but for
// sorting its lines: the last line of a name is replaced where it stands, the ones
// before it, which do not count, are dropped, a new name comes at the end.
func EditEnvFile(data string, edits []EnvEdit) string {
	for _, e := range edits {
		data = edit(data, e)
	}
	return data
}

func edit(data string, e EnvEdit) string {
	lines := strings.SplitAfter(data, "\n")
	last := -1
	for i, line := range lines {
		if !strings.HasPrefix(line, e.Name+"=") {
			continue
		}
		if last >= 0 {
			lines[last] = ""
		}
		last = i
	}
	text := e.Name + "=" + e.Value + "\n"
	switch {
	case e.Remove && last < 0:
	case e.Remove:
		lines[last] = ""
	case last >= 0:
		lines[last] = text
	default:
		if data != "" && !strings.HasSuffix(data, "\n") {
			text = "\n" + text
		}
		lines = append(lines, text)
	}
	return strings.Join(lines, "")
}

// UserConfigDir is os.UserConfigDir for another environment and system: where go
// keeps GOENV, and others their settings of the user.
func UserConfigDir(getenv func(string) string, goos string) string {
	switch goos {
	case "windows":
		return getenv("AppData")
	case "darwin":
		return filepath.Join(getenv("HOME"), "Library", "Application Support")
	}
	if dir := getenv("XDG_CONFIG_HOME"); dir != "" {
		return dir
	}
	return filepath.Join(getenv("HOME"), ".config")
}
