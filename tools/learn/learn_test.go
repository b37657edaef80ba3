package main

import (
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const root = "../.."

func exercises(t *testing.T) []exercise {
	t.Helper()
	all, err := readExercises(filepath.Join(root, "tools", "mutants", "list.txt"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Each exercise takes a line out that is there, can put it back, and belongs to a lesson.
func TestExercisesAreCurrent(t *testing.T) {
	all := exercises(t)
	if len(all) < 12 {
		t.Errorf("got %d exercises, want at least 12", len(all))
	}
	for _, e := range all {
		if lessons, err := filepath.Glob(filepath.Join(root, "internal", "learn", "lessons", "*-"+e.lesson+".md")); err != nil || len(lessons) == 0 {
			t.Errorf("%s: there is no lesson %s (%v)", e.name, e.lesson, err)
		}
		copied := e.copied(t)
		if err := e.swap(copied, e.new, e.old); err == nil {
			t.Errorf("%s: an exercise that was not begun has something to put back", e.name)
		}
		if err := e.swap(copied, e.old, e.new); err != nil {
			t.Errorf("%s: start: %v", e.name, err)
		}
		if err := e.swap(copied, e.old, e.new); err == nil {
			t.Errorf("%s: it can be begun twice", e.name)
		}
		if err := e.swap(copied, e.new, e.old); err != nil {
			t.Errorf("%s: solution -write: %v", e.name, err)
		}
		if got, want := content(t, copied, e.file), content(t, root, e.file); got != want {
			t.Errorf("%s: start and solution -write leave another file", e.name)
		}
	}
}

// copied is a folder with the one file that the exercise changes.
func (e exercise) copied(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	name := filepath.Join(dir, filepath.FromSlash(e.file))
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content(t, root, e.file)), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func content(t *testing.T, dir, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(file)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var everyExercise = flag.Bool("exercises", false, "check every exercise")

// TestExercises checks each exercise as somebody leaves it who has not begun to mend it, and as somebody does who has. The
// compiler is told to read the changed file in the place of the real one, so the working tree stays as it is. The
// first is for every machine, every third for every change, all are for the night.
func TestExercises(t *testing.T) {
	all := exercises(t)
	switch {
	case *everyExercise:
	case os.Getenv("CI") == "":
		all = all[:1]
	default:
		for i := 0; i*3 < len(all); i++ {
			all[i] = all[i*3]
		}
		all = all[:(len(all)+2)/3]
	}
	here, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		t.Run(e.name, func(t *testing.T) {
			copied := e.copied(t)
			if err := e.swap(copied, e.old, e.new); err != nil {
				t.Fatal(err)
			}
			file := filepath.FromSlash(e.file)
			overlay := filepath.Join(t.TempDir(), "overlay.json")
			text := `{"Replace": {"` + filepath.ToSlash(filepath.Join(here, file)) + `": "` + filepath.ToSlash(filepath.Join(copied, file)) + `"}}`
			if err := os.WriteFile(overlay, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := e.check(t.Context(), io.Discard, here, "-vet=off", "-overlay="+overlay); !errors.Is(err, errUnsolved) {
				t.Errorf("unsolved: got %v, want %v", err, errUnsolved)
			}
			if err := e.check(t.Context(), io.Discard, here, "-vet=off"); err != nil {
				t.Errorf("solved: %v", err)
			}
		})
	}
}

// The answers of the commands that change nothing.
func TestCommands(t *testing.T) {
	e := exercises(t)[0]
	for _, of := range []struct{ command, arg, want string }{
		{"hint", "", e.hints[0]}, {"hint", "3", e.hints[2]}, {"solution", "", e.old},
	} {
		var out strings.Builder
		var more []string
		if of.arg != "" {
			more = []string{of.arg}
		}
		if err := e.do(t.Context(), &out, root, of.command, more); err != nil || !strings.Contains(out.String(), of.want) {
			t.Errorf("%s %s: got %q, %v", of.command, of.arg, out.String(), err)
		}
	}
	for _, wrong := range [][]string{{"hint", "4"}, {"hint", "x"}, {"sing"}} {
		if err := e.do(t.Context(), io.Discard, root, wrong[0], wrong[1:]); err == nil {
			t.Errorf("%q is answered, want an error", wrong)
		}
	}
	if _, err := find(exercises(t), "nothing"); err == nil {
		t.Error("an exercise that there is not is found")
	}
	for _, wrong := range []string{"title: T\n\nTask", "name: N\n\nTask", ""} {
		if _, err := readExercise(wrong); err == nil {
			t.Errorf("%q is read as an exercise", wrong)
		}
	}
}
