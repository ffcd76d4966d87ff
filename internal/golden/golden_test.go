package golden

import (
	"reflect"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	const text = `# about the file
# in two lines

# a case
in one
in two
=> out

no name
=>
=> a line
`
	want := []block{
		{comments: []string{"# about the file", "# in two lines"}},
		{comments: []string{"# a case"}, in: []string{"in one", "in two"}, want: []string{"out"}},
		{in: []string{"no name"}, want: []string{"", "a line"}},
	}
	got := parse(text)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("parse gives %q, want %q", got, want)
	}
	if s := format(got); s != text {
		t.Errorf("format gives %q, want %q", s, text)
	}
	if name := got[1].name(); name != "a case" {
		t.Errorf("name %q", name)
	}
	if name := got[2].name(); name != "no name" {
		t.Errorf("name %q", name)
	}
}
