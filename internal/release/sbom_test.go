package main

import (
	"encoding/json"
	"runtime/debug"
	"slices"
	"testing"
)

func TestBillOfMaterials(t *testing.T) {
	t.Parallel()
	info := &debug.BuildInfo{
		GoVersion: "go1.26.8 X:nothing",
		Main:      debug.Module{Path: modulePath, Version: "(devel)"},
		Deps: []*debug.Module{
			{Path: "golang.org/x/net", Version: "v0.55.0", Sum: "h1:abc="},
			{Path: "example.com/old", Version: "v2.0.0+incompatible", Sum: "h1:def="},
		},
	}
	data, err := billOfMaterials(info, "v1.2.3", "goproxy-setup_linux_amd64", "00ff")
	if err != nil {
		t.Fatal(err)
	}
	var b bill
	if err := json.Unmarshal(data, &b); err != nil {
		t.Fatal(err)
	}
	top := b.Metadata.Component
	if b.Format != "CycloneDX" || top.PURL != "pkg:golang/"+modulePath+"@v1.2.3" || top.Hashes[0].Content != "00ff" {
		t.Errorf("it is about %+v", top)
	}
	var purls []string
	for _, c := range b.Components {
		purls = append(purls, c.PURL)
	}
	want := []string{"pkg:golang/std@1.26.8", "pkg:golang/golang.org/x/net@v0.55.0", "pkg:golang/example.com/old@v2.0.0%2Bincompatible"}
	if !slices.Equal(purls, want) || !slices.Equal(b.Dependencies[0].On, want) {
		t.Errorf("components %v, dependencies %v, want %v", purls, b.Dependencies, want)
	}
	if p := b.Components[1].Properties; len(p) != 1 || p[0].Value != "h1:abc=" {
		t.Errorf("properties %v", p)
	}
}
