package main

import (
	"encoding/json"
	"runtime/debug"
	"strings"
)

// A bill is a CycloneDX 1.6 document, see https://cyclonedx.org/docs/1.6/json/. It has no time and no serial number,
// so that it is as reproducible as its binary.
type bill struct {
	Format       string       `json:"bomFormat"`
	Spec         string       `json:"specVersion"`
	Version      int          `json:"version"`
	Metadata     metadata     `json:"metadata"`
	Components   []component  `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

type metadata struct {
	Component component `json:"component"`
}

type component struct {
	Ref        string     `json:"bom-ref"`
	Type       string     `json:"type"`
	Name       string     `json:"name"`
	Version    string     `json:"version"`
	PURL       string     `json:"purl"`
	Hashes     []hash     `json:"hashes,omitempty"`
	Licenses   []license  `json:"licenses,omitempty"`
	Properties []property `json:"properties,omitempty"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

type license struct {
	Expression string `json:"expression"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type dependency struct {
	Ref string   `json:"ref"`
	On  []string `json:"dependsOn,omitempty"`
}

// billOfMaterials lists what is in a binary according to the binary: every module, with the h1 hash that go.sum has,
// and the standard library.
func billOfMaterials(info *debug.BuildInfo, version, file, sum string) ([]byte, error) {
	top := component{
		Type: "application", Name: info.Main.Path, Version: version, PURL: purl(info.Main.Path, version),
		Hashes:     []hash{{"SHA-256", sum}},
		Licenses:   []license{{"Apache-2.0"}},
		Properties: []property{{"goproxy-setup:file", file}},
	}
	top.Ref = top.PURL
	goVersion, _, _ := strings.Cut(strings.TrimPrefix(info.GoVersion, "go"), " ")
	std := component{Type: "library", Name: "std", Version: goVersion, PURL: purl("std", goVersion)}
	std.Ref = std.PURL
	parts := []component{std}
	for _, dep := range info.Deps {
		ref := purl(dep.Path, dep.Version)
		parts = append(parts, component{
			Ref: ref, Type: "library", Name: dep.Path, Version: dep.Version, PURL: ref,
			Properties: []property{{"goproxy-setup:h1", dep.Sum}},
		})
	}
	direct := dependency{Ref: top.Ref}
	for _, c := range parts {
		direct.On = append(direct.On, c.Ref)
	}
	data, err := json.MarshalIndent(bill{
		Format: "CycloneDX", Spec: "1.6", Version: 1,
		Metadata: metadata{top}, Components: parts, Dependencies: []dependency{direct},
	}, "", "  ")
	return append(data, '\n'), err
}

// purl is the package URL of a Go module, whose names and versions need no escaping besides +.
func purl(path, version string) string {
	return "pkg:golang/" + path + "@" + strings.ReplaceAll(version, "+", "%2B")
}
