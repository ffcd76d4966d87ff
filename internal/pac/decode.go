//go:build !windows

package pac

import (
	"bytes"
	"mime"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// decode turns the file of a script into text: by its byte order mark, by the
// charset of its Content-Type, as UTF-8 if it is that, else as GBK, in which
// scripts written on a Chinese Windows are, else byte by byte.
func decode(data []byte, contentType string) string {
	_, params, _ := mime.ParseMediaType(contentType)
	charset := strings.ToLower(params["charset"])
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return string(data[3:])
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		return utf16Text(data[2:], 0)
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		return utf16Text(data[2:], 1)
	case charset == "utf-16" || charset == "utf-16le":
		return utf16Text(data, 0)
	case charset == "utf-16be":
		return utf16Text(data, 1)
	case utf8.Valid(data):
		return string(data)
	case charset == "iso-8859-1" || charset == "windows-1252":
		return latin1(data)
	}
	// GB18030 has all of GBK, and its decoder never fails.
	if text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(data); err == nil && !bytes.ContainsRune(text, utf8.RuneError) {
		return string(text)
	}
	return latin1(data)
}

// utf16Text reads little endian units, or big endian ones when big is 1.
func utf16Text(data []byte, big int) string {
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = uint16(data[2*i+big]) | uint16(data[2*i+1-big])<<8
	}
	return string(utf16.Decode(units))
}

func latin1(data []byte) string {
	text := make([]rune, len(data))
	for i, b := range data {
		text[i] = rune(b)
	}
	return string(text)
}
