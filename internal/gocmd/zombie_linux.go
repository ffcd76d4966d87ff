package gocmd

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
)

// onlyZombies tells whether every process of a group has ended and merely waits
// to be waited for. In a container whose first process reaps nobody, as in most
// container jobs, orphans stay like that for ever.
func onlyZombies(group int) bool {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(stats) == 0 {
		return false
	}
	for _, stat := range stats {
		data, err := os.ReadFile(stat)
		if err != nil {
			continue // it has just gone
		}
		if state, pgrp := parseStat(data); pgrp == group && state != "Z" && state != "X" {
			return false
		}
	}
	return true
}

// parseStat reads the state and the process group from a /proc/PID/stat (proc(5)):
// "PID (NAME) STATE PPID PGRP …", where NAME may hold blanks and parentheses.
func parseStat(data []byte) (state string, group int) {
	fields := bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:])
	if len(fields) < 3 {
		return "", 0
	}
	group, _ = strconv.Atoi(string(fields[2]))
	return string(fields[0]), group
}
