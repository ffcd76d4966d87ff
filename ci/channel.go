package ci

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strings"
)

// An encoder checks what its destination cannot take and spells the rest.
type encoder func([]Var) ([]byte, error)

// files are files that a job sources itself, in the folder named by a variable.
// Only GitLab's reader of goproxy.env needs another spelling than plain lines.
func files(workspaceVar string, dotenv encoder) func(World) []target {
	return func(w World) []target {
		dir := lookup(w.Getenv, workspaceVar)
		if dir == "" {
			dir = w.Dir
		}
		out := []target{
			fileTarget(dir, "goproxy.env", dotenv),
			fileTarget(dir, "goproxy.sh", encodeSh),
		}
		if w.GOOS == "windows" {
			out = append(out,
				fileTarget(dir, "goproxy.ps1", encodePowerShell),
				fileTarget(dir, "goproxy.cmd", encodeCmd))
		}
		return out
	}
}

func fileTarget(dir, name string, encode encoder) target {
	file := filepath.Join(dir, name)
	return target{name, encode.then(func(data []byte) (func(), error) {
		undo, err := replaceFile(file, data)
		if err != nil {
			return nil, &FileError{Path: file, Err: withoutPath(err)}
		}
		return undo, nil
	})}
}

// appendTarget adds to the file of the CI system that a variable names.
func appendTarget(variable, file string, encode encoder) target {
	return target{variable, encode.then(func(data []byte) (func(), error) {
		undo, err := AppendFile(file, data)
		if err != nil {
			e := &FileError{Variable: variable, Path: file, Err: withoutPath(err)}
			if errors.Is(err, ErrUTF16) {
				e.Hint = HintUTF16
			}
			return nil, e
		}
		return undo, nil
	})}
}

// stdout is for systems that read commands from the output of a job.
func stdout(encode encoder) func(World) []target {
	return func(w World) []target {
		return []target{{"stdout", encode.then(func(data []byte) (func(), error) {
			_, err := w.Stdout.Write(data)
			return nil, err
		})}}
	}
}

func (encode encoder) then(write func([]byte) (func(), error)) func([]Var) (commit, error) {
	return func(vars []Var) (commit, error) {
		data, err := encode(vars)
		if err != nil {
			return nil, err
		}
		return func() (func(), error) { return write(data) }, nil
	}
}

// Only bash reads BASH_ENV, which leaves out the other shells of Windows.
func exportCircleCI(w World) []target {
	file := w.Getenv("BASH_ENV")
	var out []target
	if file == "" || w.GOOS == "windows" {
		out = files("", encodeLines)(w)
	}
	if file != "" {
		out = append(out, appendTarget("BASH_ENV", file, encodeSh))
	}
	return out
}

func exportBitbucket(w World) []target {
	const variable = "BITBUCKET_PIPELINES_VARIABLES_PATH"
	out := files("BITBUCKET_CLONE_DIR", encodeLines)(w)
	if file := w.Getenv(variable); file != "" {
		out = append(out, appendTarget(variable, file, encodeLines))
	}
	return out
}

func exportCodefresh(w World) []target {
	const name = "env_vars_to_export"
	out := files("", encodeLines)(w)
	if dir := w.Getenv("CF_VOLUME_PATH"); dir != "" {
		out = append(out, appendTarget(name, path.Join(dir, name), encodeLines))
	}
	return out
}

// exportBuildkite uses the agent's Job API, whose socket does not reach into
// the containers of the docker plugins: there only the files help.
func exportBuildkite(w World) []target {
	out := files("BUILDKITE_BUILD_CHECKOUT_PATH", encodeLines)(w)
	if w.Exec == nil || w.Getenv("BUILDKITE_AGENT_JOB_API_SOCKET") == "" {
		return out
	}
	return append(out, target{"buildkite-agent", encoder(encodeJSON).then(func(data []byte) (func(), error) {
		if err := w.Exec(data, "buildkite-agent", "env", "set", "--input-format=json", "-"); err != nil {
			return nil, fmt.Errorf("buildkite-agent env set: %w", err)
		}
		return nil, nil
	})})
}

// exportAppVeyor asks the build worker, one variable a call. When one is
// refused the earlier ones get their old values back.
func exportAppVeyor(w World) []target {
	if w.Exec == nil || w.Getenv("APPVEYOR_API_URL") == "" {
		return files("APPVEYOR_BUILD_FOLDER", encodeLines)(w)
	}
	set := func(name, value string) error {
		return w.Exec(nil, "appveyor", "SetVariable", "-Name", name, "-Value", value)
	}
	return []target{{"appveyor", func(vars []Var) (commit, error) {
		return func() (func(), error) {
			for i, v := range vars {
				if err := set(v.Name, v.Value); err != nil {
					for _, old := range vars[:i] {
						set(old.Name, w.Getenv(old.Name))
					}
					return nil, fmt.Errorf("appveyor SetVariable %s: %w", v.Name, err)
				}
			}
			return nil, nil
		}, nil
	}}}
}

// encodeLines writes NAME=value lines, taken as they are by their readers:
// Bitbucket, Codefresh, Jenkins' withEnv, docker's --env-file.
func encodeLines(vars []Var) ([]byte, error) {
	var b bytes.Buffer
	for _, v := range vars {
		b.WriteString(v.Name + "=" + v.Value + "\n")
	}
	return b.Bytes(), nil
}

// encodeAzure refuses names in lower case: the agent makes variables' names
// upper case, so no_proxy would arrive as NO_PROXY.
func encodeAzure(vars []Var) ([]byte, error) {
	var b bytes.Buffer
	for _, v := range vars {
		if v.Name != strings.ToUpper(v.Name) {
			return nil, &ValueError{v.Name, "Azure Pipelines makes names upper case"}
		}
		fmt.Fprintf(&b, "##vso[task.setvariable variable=%s]%s\n", v.Name, azureData.Replace(v.Value))
	}
	return b.Bytes(), nil
}

// encodeTeamCity doubles percent signs, which enclose references to parameters.
func encodeTeamCity(vars []Var) ([]byte, error) {
	var b bytes.Buffer
	for _, v := range vars {
		value := strings.ReplaceAll(v.Value, "%", "%%")
		fmt.Fprintf(&b, "##teamcity[setParameter name='env.%s' value='%s']\n", v.Name, teamcityEscape(value))
	}
	return b.Bytes(), nil
}

func encodeJSON(vars []Var) ([]byte, error) {
	object := make(map[string]string, len(vars))
	for _, v := range vars {
		object[v.Name] = v.Value
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(object); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
