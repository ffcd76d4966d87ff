package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// maxReport bounds what Read takes: some hundred times the largest real report.
const maxReport = 256 << 20

// A SchemaError says that a file is no report of ours, or one of another time.
type SchemaError struct {
	Schema string // what the file says it is, "" when it says nothing
}

func (e *SchemaError) Error() string {
	if e.Schema == "" {
		return fmt.Sprintf("read report: no \"schema\" in it, want %q", Schema)
	}
	return fmt.Sprintf("read report: schema %q, want %q: use the goproxy-setup that wrote it", clip(e.Schema, 80), Schema)
}

// WriteJSON writes the report itself, for Read and for other programs.
func WriteJSON(w io.Writer, r *Report, _ Options) error {
	c := *r
	c.Schema = Schema
	return writeJSON(w, c)
}

// writeJSON writes v indented. JSON may go to the log of a job, where "##[" and
// "##vso[" are orders to the CI system, so of two number signs one is escaped.
func writeJSON(w io.Writer, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(bytes.ReplaceAll(b.Bytes(), []byte("##"), []byte(`#\u0023`)))
	return err
}

// Read reads what WriteJSON wrote. A report of another schema is refused with a
// *SchemaError; fields it does not know are passed over.
func Read(rd io.Reader) (*Report, error) {
	limited := &io.LimitedReader{R: rd, N: maxReport}
	d := json.NewDecoder(limited)
	var raw json.RawMessage
	if err := d.Decode(&raw); err != nil {
		if limited.N <= 0 {
			err = fmt.Errorf("larger than %s", size(maxReport))
		}
		return nil, fmt.Errorf("read report: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("read report: more than one JSON value")
	}
	var head struct {
		Schema any `json:"schema"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return nil, &SchemaError{}
	}
	if name, _ := head.Schema.(string); name != Schema {
		return nil, &SchemaError{Schema: name}
	}
	r := new(Report)
	if err := json.Unmarshal(raw, r); err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	return r, nil
}
