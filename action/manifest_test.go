package action

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goproxy-setup/goproxy-setup/internal/config"
	"github.com/goproxy-setup/goproxy-setup/report"
)

func TestManifestHasTheSettingsAsInputs(t *testing.T) {
	t.Parallel()
	inputs := manifest(t, "inputs")
	for _, r := range config.Table {
		name := r.InputName()
		if name == "" || !r.For("action") {
			continue
		}
		in, ok := inputs[name]
		if !ok {
			t.Errorf("action.yml has no input %s", name)
			continue
		}
		delete(inputs, name)
		// Any other default would hide GOPROXY_SETUP_* and the job's own GOPROXY.
		if in["default"] != "''" {
			t.Errorf("input %s: default is %s, want ''", name, in["default"])
		}
		if !strings.Contains(in["description"], "Default "+r.Default) && r.Default != "" {
			t.Errorf("input %s: the description does not say \"Default %s\": %s", name, r.Default, in["description"])
		}
	}
	if len(inputs) > 0 {
		t.Errorf("action.yml has inputs that are no setting: %q", slices.Sorted(maps.Keys(inputs)))
	}
}

func TestManifestHasTheOutputs(t *testing.T) {
	t.Parallel()
	var want []string
	for _, v := range outputs(&report.Report{}, "") {
		want = append(want, v.Name)
	}
	slices.Sort(want)
	if got := slices.Sorted(maps.Keys(manifest(t, "outputs"))); !slices.Equal(got, want) {
		t.Errorf("action.yml has the outputs %q, the program writes %q", got, want)
	}
}

// manifest reads a section of action.yml, whose form is ours: names, below
// them keys, and below those the lines of a folded value.
func manifest(t *testing.T, section string) map[string]map[string]string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(data), "\n"+section+":\n")
	all := map[string]map[string]string{}
	var name, key string
	for line := range strings.Lines(text) {
		word, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch len(line) - len(strings.TrimLeft(line, " ")) {
		case 0:
			if strings.TrimSpace(line) != "" {
				return all
			}
		case 2:
			name = word
			all[name] = map[string]string{}
		case 4:
			key = word
			all[name][key] = strings.TrimSpace(value)
		default:
			all[name][key] += " " + strings.TrimSpace(line)
		}
	}
	return all
}
