package gocmd

import (
	"os"
	"strings"
)

// parseEnvFile reads the form of GOENV and $GOROOT/go.env as the go command
// does (readEnvFile in cmd/go/internal/cfg/cfg.go): a line is NAME=value with
// no quoting and no trimming, not even of a carriage return; the last one of a
// name counts; a line without "=" or whose first byte is not A-Z is skipped.
func parseEnvFile(data string) map[string]string {
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
	return parseEnvFile(string(data))
}
