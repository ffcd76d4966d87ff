package setup

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goproxy-setup/goproxy-setup/internal/classify"
	"github.com/goproxy-setup/goproxy-setup/internal/gocmd"
	"github.com/goproxy-setup/goproxy-setup/internal/machine"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// lockPauses are the waits before go mod download is run again because files of the
// module cache were locked, mostly by a scanner that reads what is new. go itself
// gives up at once where a zip gets its name (modfetch, downloadZip), elsewhere after
// 2 s (robustio). What is finished stays, so that a repeat is cheap.
var lockPauses = [...]time.Duration{time.Second, 2 * time.Second, 5 * time.Second}

// A lockout is what was seen of files that others held.
type lockout struct {
	repeats int
	files   []string
	holders []string // "MsMpEng.exe (process 4, service WinDefend)"
}

// pastLocks runs a download again while files are locked, at most len(lockPauses)
// times. Who holds them is asked at once, before they let go.
func (r *Run) pastLocks(ctx context.Context, download func() (gocmd.Result, error)) (res gocmd.Result, l lockout, err error) {
	for _, pause := range lockPauses {
		res, err = download()
		files := lockedFiles(res, r.OS)
		if err != nil || files == nil {
			return res, l, err
		}
		l.add(files, r.Holders)
		select {
		case <-ctx.Done():
			return res, l, nil // the caller's own limit tells why
		case <-time.After(pause):
			l.repeats++
		}
	}
	res, err = download()
	if files := lockedFiles(res, r.OS); err == nil && files != nil {
		l.add(files, r.Holders)
	}
	return res, l, err
}

func (l *lockout) add(files []string, ask func(...string) []machine.Holder) {
	for _, f := range files {
		if f != "" && !slices.Contains(l.files, f) {
			l.files = append(l.files, f)
		}
	}
	if ask == nil {
		return
	}
	for _, h := range ask(l.files...) {
		if name := h.String(); !slices.Contains(l.holders, name) {
			l.holders = append(l.holders, name)
		}
	}
}

func (l *lockout) merge(other lockout) {
	l.repeats += other.repeats
	l.files = append(l.files, other.files...)
	for _, h := range other.holders {
		if !slices.Contains(l.holders, h) {
			l.holders = append(l.holders, h)
		}
	}
}

// noteLocks tells of a download that went well after all.
func (r *Run) noteLocks(l lockout) {
	switch {
	case l.repeats == 0:
	case l.holders == nil:
		r.note(report.Say("go mod download was repeated %d times: another process held files of the module cache", "go mod download 重复了 %d 次：有其他进程占用模块缓存中的文件", l.repeats))
	default:
		r.note(report.Say("go mod download was repeated %d times: files of the module cache were held by %s", "go mod download 重复了 %d 次：模块缓存中的文件被 %s 占用", l.repeats, strings.Join(l.holders, ", ")))
	}
}

// blame adds to failures by locks who held the files.
func (l lockout) blame(failures []report.Failure) {
	if l.holders == nil {
		return
	}
	for i := range failures {
		if failures[i].Class == report.FileLocked || failures[i].Class == report.PermissionDenied {
			failures[i].Evidence = append(failures[i].Evidence, "held by "+strings.Join(l.holders, ", "))
		}
	}
}

// lockedFiles lists what a download found locked: nil when nothing was, one empty
// name when no file is named. On Windows a file that is being scanned or deleted is
// also "Access is denied", whatever its rights.
func lockedFiles(res gocmd.Result, goos string) (files []string) {
	if res.ExitCode == 0 {
		return nil
	}
	for _, text := range complaints(res) {
		for _, f := range classify.Log(strings.NewReader(text)) {
			if f.Class == report.FileLocked || goos == "windows" && f.Class == report.PermissionDenied {
				files = append(files, pathsIn(strings.Join(f.Evidence, "\n"))...)
			}
		}
	}
	return files
}

// operation is what go says of a file: "rename A B: Access is denied.", "open C: …".
var (
	operation = regexp.MustCompile(`(?m)\b(?:rename|open|remove|unlinkat|RemoveAll|RLock|Lock|mkdir|unzip) (.+): [^:\n]+$`)
	drive     = regexp.MustCompile(` [A-Za-z]:\\| /`)
)

// pathsIn finds the files of operations; names may have blanks in them.
func pathsIn(text string) (files []string) {
	for _, m := range operation.FindAllStringSubmatch(text, -1) {
		rest := m[1]
		for {
			at := drive.FindStringIndex(rest)
			if at == nil {
				break
			}
			files, rest = append(files, rest[:at[0]]), rest[at[0]+1:]
		}
		files = append(files, rest)
	}
	if files == nil {
		files = []string{""}
	}
	return files
}
