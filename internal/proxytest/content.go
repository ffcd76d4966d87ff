package proxytest

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A change makes other content from good content.
type change func([]byte) ([]byte, error)

// alter is the file with other content. What is missing stays missing.
func (f file) alter(to change) file {
	open := f.open
	if open == nil {
		return f
	}
	f.open = func() (Content, error) {
		c, err := open()
		if err != nil {
			return c, err
		}
		b, err := c.read()
		if err == nil {
			b, err = to(b)
		}
		return Bytes(b), err
	}
	return f
}

// content is the action that serves other content.
func content(to change) action {
	return func(x *exchange, next func()) {
		x.file = x.file.alter(to)
		next()
	}
}

// wrong is a valid file with another hash.
func wrong(f file) change {
	if f.is("zip") {
		return wrongZip
	}
	return func(b []byte) ([]byte, error) { return append(b, "\n// changed on the way\n"...), nil }
}

// wrongZip adds a file to the zip of a module.
func wrongZip(b []byte) ([]byte, error) {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, err
	}
	if len(z.File) == 0 {
		return nil, errors.New("zip without files")
	}
	var buf bytes.Buffer
	out := zip.NewWriter(&buf)
	for _, f := range z.File {
		if err := out.Copy(f); err != nil {
			return nil, err
		}
	}
	root, _, _ := strings.Cut(z.File[0].Name, "@")
	_, after, _ := strings.Cut(z.File[0].Name, "@")
	version, _, _ := strings.Cut(after, "/")
	w, err := out.Create(root + "@" + version + "/changed_on_the_way.txt")
	if err != nil {
		return nil, err
	}
	io.WriteString(w, "changed\n")
	err = out.Close()
	return buf.Bytes(), err
}

// badZip has the right length and is no zip.
func badZip(b []byte) ([]byte, error) {
	return bytes.Repeat([]byte("PK?!"), len(b)/4+1)[:len(b)], nil
}

func badJSON(b []byte) ([]byte, error) { return []byte(`{"Version":`), nil }

// otherVersion is the .info of a version nobody asked for.
func otherVersion(b []byte) ([]byte, error) {
	var v map[string]any
	if err := json.Unmarshal(b, &v); err != nil {
		return nil, fmt.Errorf("wrongversion: %w", err)
	}
	v["Version"] = "v9.9.9"
	return json.Marshal(v)
}

// truncated serves a part of the file, half by default, as if it were all.
func truncated(arg string) (action, error) {
	if arg == "" {
		arg = "0.5"
	}
	at, err := parseSize(arg)
	return content(func(b []byte) ([]byte, error) { return b[:at.of(int64(len(b)))], nil }), err
}
