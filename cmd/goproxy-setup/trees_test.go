package main

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/goproxy-setup/goproxy-setup/internal/machine"
)

func differ(ts *testscript.TestScript, _ bool, args []string) {
	if ts.ReadFile(args[0]) == ts.ReadFile(args[1]) {
		ts.Fatalf("%s and %s are the same", args[0], args[1])
	}
}

func private(ts *testscript.TestScript, _ bool, args []string) {
	dirs, err := filepath.Glob(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(dirs) == 0 {
		ts.Fatalf("there is no %s", args[0])
	}
	for _, dir := range dirs {
		ts.Check(machine.CheckPrivate(dir))
	}
}

func empty(ts *testscript.TestScript, _ bool, args []string) {
	left, err := os.ReadDir(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(left) > 0 {
		ts.Fatalf("left in %s: %v", args[0], left)
	}
}

// A tree is what is in folders: for each path its mode and content.
type tree map[string]string

func treeOf(ts *testscript.TestScript, dirs []string) tree {
	t := tree{}
	for _, dir := range dirs {
		ts.Check(filepath.WalkDir(ts.MkAbs(dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			t[path] = info.Mode().String()
			if info.Mode().IsRegular() {
				data, err := os.ReadFile(path)
				t[path] += fmt.Sprintf(" %q", data)
				return err
			}
			return nil
		}))
	}
	return t
}

// remembered is what remember keeps for unchanged.
type remembered struct {
	dirs []string
	tree tree
}

const rememberedKey = "remembered"

func remember(ts *testscript.TestScript, _ bool, args []string) {
	store := ts.Value(rememberedKey).(*remembered)
	store.dirs, store.tree = args, treeOf(ts, args)
}

func unchanged(ts *testscript.TestScript, _ bool, _ []string) {
	store := ts.Value(rememberedKey).(*remembered)
	now := treeOf(ts, store.dirs)
	for _, path := range slices.Sorted(maps.Keys(now)) {
		if before, there := store.tree[path]; !there {
			ts.Logf("new: %s", path)
		} else if before != now[path] {
			ts.Logf("changed: %s\n%s\n%s", path, before, now[path])
		}
	}
	if !maps.Equal(now, store.tree) {
		ts.Fatalf("the folders %v are not as they were", store.dirs)
	}
}
