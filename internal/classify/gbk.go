package classify

import (
	"golang.org/x/text/encoding/simplifiedchinese"
)

// fromGBK reads a line in code page 936, in which cmd, git and other programs
// write on a Chinese Windows, and returns any other line as it is. Windows' own
// sentences have only characters of GB 2312, whose two bytes are both 0xA1 or
// more; an accented letter of a western code page rarely has such a neighbour.
func fromGBK(line string) string {
	if !inGB2312(line) {
		return line
	}
	text, err := simplifiedchinese.GBK.NewDecoder().String(line)
	if err != nil {
		return line
	}
	return text
}

func inGB2312(line string) bool {
	pairs := 0
	for i := 0; i < len(line); i++ {
		if line[i] < 0x80 {
			continue
		}
		if line[i] < 0xA1 || i+1 == len(line) || line[i+1] < 0xA1 {
			return false
		}
		i++
		pairs++
	}
	return pairs > 1
}
