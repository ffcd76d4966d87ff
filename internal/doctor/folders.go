package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/goproxy-setup/goproxy-setup/report"
)

// A Disk is what a file system tells of itself. A field that it does not tell is
// zero or false.
type Disk struct {
	Free      int64 // bytes that this user may still write
	NoFiles   bool  // there is room, but for no further file
	Network   bool  // it is a share of another machine
	NoExec    bool  // programs on it do not run
	NotKnown  bool  // nothing could be asked
	Owner     int   // of the folder; -1 when there is no such thing
	User      int   // of this process; -1 when there is no such thing
	ShareType string
}

// Room that a build needs. Unpacked modules and the build cache of a middle-sized
// program are about 1 GiB.
const (
	littleSpace = 2 << 30
	noSpace     = 100 << 20
)

// A folder is one that the go command writes to.
type folder struct {
	name string // of its setting
	dir  string
}

func (e *exam) folders() []folder {
	g := e.golang()
	temp := cmp.Or(g.tmp, e.Temp)
	if g.err != nil {
		return []folder{{"temp", temp}}
	}
	return []folder{{"GOMODCACHE", g.s.GOMODCACHE}, {"GOCACHE", g.cache}, {"temp", temp}}
}

// checkFolders asks whether the go command can write what it downloads and builds.
func checkFolders(ctx context.Context, e *exam) []Finding {
	var fs []Finding
	least := int64(-1)
	var good []string
	for _, f := range e.folders() {
		if f.dir == "off" && f.name == "GOCACHE" {
			fs = append(fs, fail(report.ConfigInvalid, say("GOCACHE=off: go builds nothing without its cache", "GOCACHE=off：没有缓存 go 无法构建")).todo(say("remove GOCACHE", "请删除 GOCACHE")))
			continue
		}
		if !filepath.IsAbs(f.dir) && e.OS != "windows" {
			fs = append(fs, fail(report.ConfigInvalid, say("%s is %q and must be an absolute path", "%s 为 %q，必须是绝对路径", f.name, f.dir)).
				todo(say("set HOME, or %s itself", "请设置 HOME，或直接设置 %s", f.name)))
			continue
		}
		found, free := e.checkFolder(f)
		fs = append(fs, found...)
		if free >= 0 && (least < 0 || free < least) {
			least = free
		}
		good = append(good, f.name)
	}
	fs = append(fs, e.oddCache(ctx)...)
	if fs == nil {
		t := say("writable: %s", "可写：%s", strings.Join(good, ", "))
		if least >= 0 {
			t = say("writable: %s; at least %s free", "可写：%s；至少剩余 %s", strings.Join(good, ", "), size(least))
		}
		fs = []Finding{fine(t)}
	}
	return fs
}

// checkFolder returns what is wrong and the free space, -1 when it is not known.
func (e *exam) checkFolder(f folder) (fs []Finding, free int64) {
	there := nearest(f.dir)
	d, err := e.Disk(there)
	if err != nil {
		d = Disk{NotKnown: true, Owner: -1, User: -1}
	}
	if err := writable(there); err != nil {
		return []Finding{e.unwritable(f, there, d, err)}, -1
	}
	switch {
	case d.NotKnown:
		return nil, -1
	case d.NoFiles:
		fs = append(fs, fail(report.DiskFull, say("%s: the file system of %s has no inode left", "%s：%s 所在文件系统已无 inode", f.name, f.dir)).paste("df -i "+there))
	case d.Free < noSpace:
		fs = append(fs, fail(report.DiskFull, say("%s: %s has only %s left", "%s：%s 仅剩 %s", f.name, f.dir, size(d.Free))).paste(e.fixFor(report.DiskFull, "")))
	case d.Free < littleSpace:
		fs = append(fs, warn(report.DiskFull, say("%s: %s has only %s left", "%s：%s 仅剩 %s", f.name, f.dir, size(d.Free))).paste(e.fixFor(report.DiskFull, "")))
	}
	if d.Network {
		fs = append(fs, warn(report.FileLocked, say("%s: %s is on a network share (%s), where locks may fail and small files are slow", "%s：%s 位于网络共享（%s），加锁可能失败，小文件很慢", f.name, f.dir, d.ShareType)).
			todo(say("point %s to a local disk", "请把 %s 指向本地磁盘", f.name)))
	}
	if d.NoExec && f.name == "temp" {
		fs = append(fs, warn(report.PermissionDenied, say("programs in %s do not run (noexec): go test and go run fail", "%s 中的程序无法运行（noexec）：go test 和 go run 会失败", f.dir)).
			todo(say("set GOTMPDIR to a folder where programs run", "请把 GOTMPDIR 设为可以运行程序的目录")))
	}
	return fs, d.Free
}

func (e *exam) unwritable(f folder, there string, d Disk, err error) Finding {
	class := report.PermissionDenied
	if errors.Is(err, errNoSpace) {
		class = report.DiskFull
	}
	t := say("%s: %s cannot be written", "%s：%s 无法写入", f.name, there)
	if d.Owner >= 0 && d.User >= 0 && d.Owner != d.User {
		t = say("%s: %s cannot be written: it is owned by user %d, this is user %d", "%s：%s 无法写入：其所有者为用户 %d，当前为用户 %d", f.name, there, d.Owner, d.User)
	}
	finding := fail(class, t).proof(err.Error())
	if f.name == "GOMODCACHE" {
		return finding.paste(e.fixFor(class, ""))
	}
	return finding.todo(say("correct its owner, or set %s to a folder of this user", "请改正其所有者，或把 %s 设为当前用户的目录", strings.Replace(f.name, "temp", "TMPDIR, TMP, GOTMPDIR", 1)))
}

// nearest is dir or the first folder above it that is there.
func nearest(dir string) string {
	for {
		if _, err := os.Stat(dir); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return dir
		}
		dir = parent
	}
}

// writable writes a file and removes it.
func writable(dir string) error {
	f, err := os.CreateTemp(dir, ".goproxy-setup-doctor-*")
	if err != nil {
		return err
	}
	_, err = f.WriteString("can this folder be written to?\n")
	return errors.Join(err, f.Close(), os.Remove(f.Name()))
}

// longestBelow is the length of long paths below GOMODCACHE: of 260 characters
// that old programs on Windows take, this is what a module may need.
const longestBelow = 160

// oddCache looks at what is in the module cache, and at its path.
func (e *exam) oddCache(ctx context.Context) (fs []Finding) {
	dir := e.golang().s.GOMODCACHE
	if dir == "" {
		return nil
	}
	if n := len(dir); e.OS == "windows" && n > 260-longestBelow {
		fs = append(fs, warn(report.PathTooLong, say("GOMODCACHE has %d characters; with module paths below it, git and compilers meet the limit of 260", "GOMODCACHE 长达 %d 个字符；加上其下的模块路径，git 和编译器会碰到 260 的上限", n)).
			paste(e.fixFor(report.PathTooLong, "")))
	}
	if empty, partial := e.damaged(ctx, filepath.Join(dir, "cache", "download")); empty+partial > 0 {
		fs = append(fs, warn(report.CacheCorrupt, say("the module cache has %d empty zips and %d half unpacked modules, as a killed job leaves them", "模块缓存中有 %d 个空 zip 和 %d 个未完整解包的模块，通常由被杀死的任务留下", empty, partial)).
			paste("go clean -modcache"))
	}
	return fs
}

// Limits of a look into the module cache, which may be large and on a slow disk.
const (
	mostFiles  = 200_000
	partialAge = time.Hour // a younger one may be in the making
)

// damaged counts zips without a byte and modules that were not unpacked to the end.
func (e *exam) damaged(ctx context.Context, dir string) (empty, partial int) {
	end := time.Now().Add(e.Budget)
	n := 0
	filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error { // what cannot be read was told of
		if n++; err != nil || n > mostFiles || n%256 == 0 && (time.Now().After(end) || ctx.Err() != nil) {
			return filepath.SkipAll
		}
		ext := filepath.Ext(path)
		if d.IsDir() || ext != ".zip" && ext != ".partial" {
			return nil
		}
		info, err := d.Info()
		switch {
		case err != nil:
		case ext == ".zip" && info.Size() == 0:
			empty++
		case ext == ".partial" && e.Now().Sub(info.ModTime()) > partialAge:
			partial++
		}
		return nil
	})
	return empty, partial
}

func size(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%d MB", n>>20)
	}
	return fmt.Sprintf("%d KB", n>>10)
}
