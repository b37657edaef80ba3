package main

import (
	"runtime"
	"runtime/debug"

	"example.com/gatehouse/internal/brand"
	"example.com/gatehouse/internal/config"
	"example.com/gatehouse/internal/store"
)

type versionCommand struct{ output }

// A version is which program this is.
type version struct {
	Version  string `json:"version"`            // of a release; "(devel)" for one built from a folder
	Revision string `json:"revision,omitempty"` // of the source
	Modified bool   `json:"modified"`           // the source was changed since that revision
	Schema   int64  `json:"schema"`             // number of the latest migration that it knows
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func versionOf() (v version) {
	v = version{Version: "unknown", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH, Schema: store.SchemaVersion()}
	built, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	v.Version = built.Main.Version
	for _, s := range built.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Revision = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}

// Run needs no settings: it is asked where something is wrong with them.
func (c versionCommand) Run(s surroundings, _ *config.Flags) error {
	v := versionOf()
	revision := v.Revision
	if revision == "" {
		revision = "unknown"
	}
	if v.Modified {
		revision += ", changed"
	}
	return c.say(s.stdout, v, "%s %s (revision %s), tables %d, %s %s", brand.Name, v.Version, revision, v.Schema, v.Go, v.Platform)
}
