package action

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/sethvargo/go-githubactions"

	"github.com/goproxy-setup/goproxy-setup/ci"
)

// GitHub is the files and commands through which a step speaks to a runner of
// the GitHub family. Each method writes all or nothing.
//
// The Actions SDK spells the files' format, but it panics without its file,
// writes once a variable and ends every value with a public delimiter. So it
// writes to a staging file, which is read back as the runner would and then
// added to the real one with a single write.
type GitHub struct {
	Getenv func(string) string
	Stdout io.Writer
}

type sdk = githubactions.Action

// FileError is a workflow file that is missing or cannot be written.
type FileError = ci.FileError

// NewExporter returns the exporter that writes GITHUB_ENV.
func NewExporter(getenv func(string) string, stdout io.Writer) ci.Exporter {
	return GitHub{getenv, stdout}
}

// Export adds the variables to GITHUB_ENV. Later steps of the job see them,
// also in place of variables that the workflow or the job set. An error is a
// *ci.ValueError or a *FileError.
func (g GitHub) Export(vars []ci.Var) ([]ci.Exported, error) {
	if err := checkEnv(vars); err != nil {
		return nil, err
	}
	err := g.add("GITHUB_ENV", vars, (*sdk).SetEnv)
	if err != nil {
		return nil, err
	}
	var out []ci.Exported
	for _, v := range vars {
		out = append(out, ci.Exported{Name: v.Name, To: "GITHUB_ENV"})
	}
	return out, nil
}

// Check reports whether Export can work, before a long step that leads to it.
func (g GitHub) Check() error {
	const variable = "GITHUB_ENV"
	path, err := g.file(variable)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return fileError(variable, path, err)
	}
	f.Close()
	return checkContent(variable, path)
}

// checkEnv refuses also what the runner refuses or sets again by itself
// (actions/runner: src/Runner.Worker/FileCommandManager.cs).
func checkEnv(vars []ci.Var) error {
	for _, v := range vars {
		name := strings.ToUpper(v.Name)
		if name == "NODE_OPTIONS" || strings.HasPrefix(name, "GITHUB_") || strings.HasPrefix(name, "RUNNER_") {
			return &ci.ValueError{Name: v.Name, Reason: "the runner keeps this name for itself"}
		}
	}
	return ci.CheckAll(vars)
}

// add lets the SDK write each variable and adds the result to the file that
// variable names.
func (g GitHub) add(variable string, vars []ci.Var, set func(a *sdk, name, value string)) error {
	if len(vars) == 0 {
		return nil
	}
	path, err := g.file(variable)
	if err != nil {
		return err
	}
	if err := checkContent(variable, path); err != nil {
		return err
	}
	data, err := g.stage(variable, func(a *sdk) {
		for _, v := range vars {
			set(a, v.Name, v.Value)
		}
	})
	if err != nil {
		return err
	}
	if err := verify(data, vars); err != nil {
		return fmt.Errorf("prepare %s: %w", variable, err)
	}
	return appendTo(variable, path, data)
}

// file returns the workflow file that a variable names. The runner makes it
// before each step, so a missing one means that we cannot reach the runner.
func (g GitHub) file(variable string) (string, error) {
	path := g.Getenv(variable)
	if path == "" {
		return "", &FileError{Variable: variable, Err: ci.ErrNotSet,
			Hint: "run inside a step of a workflow; a container started by the step needs the variable and its file: docker run -e " + variable + " -v …"}
	}
	if _, err := os.Stat(path); err != nil {
		return "", fileError(variable, path, err)
	}
	return path, nil
}

func fileError(variable, path string, err error) error {
	hint := "the user of this step must be able to write the file"
	if errors.Is(err, fs.ErrNotExist) {
		hint = "the runner makes this file before the step; in a container started by the step, mount its folder at the same path"
	}
	return &FileError{Variable: variable, Path: path, Err: err, Hint: hint}
}

// checkContent makes sure that what the step wrote before leaves room for more:
// behind an open heredoc our lines would become part of its value.
func checkContent(variable, path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return fileError(variable, path, err)
	}
	if ci.IsUTF16(content) {
		return &FileError{Variable: variable, Path: path, Err: ci.ErrUTF16, Hint: ci.HintUTF16}
	}
	if _, err := parseEnvFile(content, runtime.GOOS == "windows"); err != nil {
		return &FileError{Variable: variable, Path: path, Err: err,
			Hint: "an earlier command of this step wrote lines that the runner will refuse: correct it, or run it in a step of its own"}
	}
	return nil
}

// stage runs write with an SDK whose file is a new one in the job's folder for
// temporary files, and returns what it wrote. The SDK reports by panic.
func (g GitHub) stage(variable string, write func(*sdk)) (data []byte, err error) {
	f, err := os.CreateTemp(g.Getenv("RUNNER_TEMP"), "goproxy-setup-*")
	if err != nil {
		return nil, fmt.Errorf("prepare %s: %w", variable, err)
	}
	defer os.Remove(f.Name())
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("prepare %s: %w", variable, err)
	}
	defer func() {
		if r := recover(); r != nil {
			data, err = nil, fmt.Errorf("prepare %s: %v", variable, r)
		}
	}()
	write(githubactions.New(
		githubactions.WithWriter(g.Stdout),
		githubactions.WithGetenv(func(name string) string {
			if name == variable {
				return f.Name()
			}
			return ""
		}),
	))
	return os.ReadFile(f.Name())
}

func verify(data []byte, want []ci.Var) error {
	got, err := parseEnvFile(data, runtime.GOOS == "windows")
	if err != nil {
		return err
	}
	if !slices.Equal(got, want) {
		return errors.New("the file does not read back as it was meant")
	}
	return nil
}

func appendTo(variable, path string, data []byte) error {
	if _, err := ci.AppendFile(path, data); err != nil {
		return fileError(variable, path, err)
	}
	return nil
}
