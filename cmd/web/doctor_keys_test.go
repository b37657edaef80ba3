package main

import (
	"slices"
	"testing"

	"example.com/gatehouse/internal/config"
)

// What keeps the doctor from looking at the keys is said, with what to do about that: no other key would help.
func TestDoctorKeysUnread(t *testing.T) {
	t.Parallel()
	for name, on := range backends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, keys := on(t), "--keys="+config.NewKey()
			p := start(t, data, keys)
			for table, args := range map[string][]string{"development_keys": {"--keys="}, "key_samples": {keys}} {
				p.change(t, `ALTER TABLE `+table+` RENAME TO away`)
				findings, _ := examined(t, slices.Concat([]string{"--addr=127.0.0.1:1"}, data[:1], args)...)
				if wantFinding(t, findings, "keys", problem, "cannot be read"); slices.ContainsFunc(findings, func(f finding) bool {
					return f.About == "keys" && f.Do != seeDatabase
				}) {
					t.Errorf("%s: got %+v, want what to do about the database alone", table, findings)
				}
				p.change(t, `ALTER TABLE away RENAME TO `+table)
			}
		})
	}
}
