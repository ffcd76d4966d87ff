package provoke

import (
	"fmt"
	"strings"
	"time"
)

// A wrapper is how a CI system, a build tool or a console shows the output of
// a command.
type wrapper struct {
	name string
	wrap func(command, text string, status int) string
}

var start = time.Date(2026, 11, 22, 9, 0, 15, 0, time.UTC)

func each(text string, f func(i int, line string) string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = f(i, lines[i])
	}
	return strings.Join(lines, "\n")
}

func stamp(format, layout string, step time.Duration) func(int, string) string {
	return func(i int, line string) string {
		return fmt.Sprintf(format, start.Add(time.Duration(i)*step).Format(layout)) + line
	}
}

func ended(text, failed string, status int) string {
	if status == 0 {
		return text
	}
	return text + "\n" + fmt.Sprintf(failed, status)
}

const consoleOf80 = "console of 80 columns"

var wrappers = []wrapper{
	{"none", func(_, text string, _ int) string { return text }},
	{"github-like", func(command, text string, status int) string {
		log := "##[group]Run " + first(command) + "\n" + each(command, func(_ int, l string) string { return "\x1b[36;1m" + l + "\x1b[0m" }) +
			"\nshell: /usr/bin/bash -e {0}\n##[endgroup]\n" + text
		return each(ended(log, "##[error]Process completed with exit code %d.", status), stamp("%s ", "2006-01-02T15:04:05.0000000Z", 37*time.Millisecond))
	}},
	{"docker-like", func(command, text string, status int) string {
		run := "RUN " + first(command)
		log := "#11 [build 4/6] COPY go.mod go.sum ./\n#11 DONE 0.1s\n\n#12 [build 5/6] " + run + "\n" +
			each(text, func(i int, l string) string { return fmt.Sprintf("#12 %.3f %s", 0.312+float64(i)*0.021, l) })
		if status == 0 {
			return log + "\n#12 DONE 1.9s"
		}
		end := fmt.Sprintf("process \"/bin/sh -c %s\" did not complete successfully: exit code: %d", first(command), status)
		return log + "\n#12 ERROR: " + end + "\n------\n > [build 5/6] " + run + ":\n" +
			each(text, func(i int, l string) string { return fmt.Sprintf("%.3f %s", 0.312+float64(i)*0.021, l) }) +
			"\n------\nDockerfile:9\n--------------------\n   8 |     COPY go.mod go.sum ./\n   9 | >>> " + run + "\n--------------------\nERROR: failed to solve: " + end
	}},
	{"gitlab-like", func(command, text string, status int) string {
		log := "section_start:1795340137:step_script\r\x1b[0K\x1b[0K\x1b[36;1mExecuting \"step_script\" stage of the job script\x1b[0;m\n\x1b[32;1m$ " + first(command) + "\x1b[0;m\n" + text +
			"\nsection_end:1795340139:step_script\r\x1b[0K"
		return ended(log, "\x1b[31;1mERROR: Job failed: exit code %d\x1b[0;m", status)
	}},
	{"azure-like", func(command, text string, status int) string {
		log := "##[section]Starting: Build\n==============================================================================\nTask         : Bash\n==============================================================================\n" +
			"Generating script.\n========================== Starting Command Output ===========================\n" + text
		return each(ended(log, "##[error]Bash exited with code '%d'.", status)+"\n##[section]Finishing: Build", stamp("%s ", "2006-01-02T15:04:05.0000000Z", 41*time.Millisecond))
	}},
	{"jenkins-like", func(command, text string, status int) string {
		log := "+ " + first(command) + "\n" + text
		return each(ended(log, "script returned exit code %d", status), stamp("[%s] ", "2006-01-02T15:04:05.000Z", 37*time.Millisecond))
	}},
	{"buildkite-like", func(command, text string, status int) string {
		log := "~~~ Running commands\n\x1b[90m$\x1b[0m " + first(command) + "\n" + text
		return each(ended(log, "\x1b[31m🚨 Error: The command exited with status %d\x1b[0m", status), func(i int, l string) string {
			return fmt.Sprintf("\x1b_bk;t=%d\a", start.UnixMilli()+int64(i)*13) + l
		})
	}},
	{"teamcity-like", func(command, text string, status int) string {
		return each(ended("Starting: /bin/sh -c "+first(command)+"\n"+text, "Process exited with code %d (Step: Build (Command Line))", status), func(i int, l string) string {
			return fmt.Sprintf("[09:00:%02d][Step 2/4] ", i%60) + l
		})
	}},
	{"make", func(command, text string, status int) string {
		return ended(each(command, func(_ int, l string) string { return l })+"\n"+text, "make[1]: *** [build/go.mk:14: deps] Error %d\nmake[1]: Leaving directory '/build/app'\nmake: *** [Makefile:3: all] Error 2", status)
	}},
	{"npm", func(command, text string, status int) string {
		log := "\n> app@1.4.0 build:go\n> " + first(command) + "\n\n" + text
		return ended(log, "npm ERR! code ELIFECYCLE\nnpm ERR! errno %[1]d\nnpm ERR! app@1.4.0 build:go: `"+first(command)+"`\nnpm ERR! Exit status %[1]d", status)
	}},
	{"crlf", func(_, text string, status int) string {
		return strings.ReplaceAll(ended(text, "ERROR: command failed with exit code %d", status), "\n", "\r\n")
	}},
	{"utf16-bom", func(_, text string, _ int) string { return "\uFEFF" + strings.ReplaceAll(text+"\n", "\n", "\r\n") }},
	{consoleOf80, func(_, text string, _ int) string {
		text = strings.ReplaceAll(text, "{default}", "goproxy.cn") // a stand-in would move the breaks
		return each(text, func(_ int, l string) string {
			r := []rune(strings.ReplaceAll(l, "\t", "        "))
			var rows []string
			for len(r) > 80 {
				rows, r = append(rows, string(r[:80])), r[80:]
			}
			return strings.Join(append(rows, string(r)), "\n")
		})
	}},
	{"compose", func(_, text string, status int) string {
		return each(ended(text, "app-1 exited with code %d", status), func(_ int, l string) string { return "app-1  | " + l })
	}},
	{"noise around", func(command, text string, status int) string {
		log := "Get:1 http://mirror.example/debian bookworm InRelease [151 kB]\nUnpacking libfoo-dev:amd64 (1.2.3-1) ...\nnpm WARN deprecated inflight@1.0.6: This module is not supported\n" +
			"added 211 packages in 4s\n$ " + first(command) + "\n" + text
		return ended(log, "Error: command exited with code %d", status) + "\nUploading artifacts...\nWARNING: dist/: no matching files\nPost job cleanup.\n[command]/usr/bin/git version"
	}},
	{"circleci-like", func(command, text string, status int) string {
		return ended("#!/bin/bash -eo pipefail\n"+command+"\n"+text+"\n", "Exited with code exit status %d", status)
	}},
	{"xtrace", func(command, text string, status int) string {
		return ended("+ set -euo pipefail\n+ export CGO_ENABLED=0\n+ CGO_ENABLED=0\n+ "+first(command)+"\n"+text, "+ exit %d", status)
	}},
}

func first(command string) string {
	line, _, _ := strings.Cut(command, "\n")
	return line
}
