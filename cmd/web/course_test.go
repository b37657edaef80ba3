package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"example.com/gatehouse/internal/lab"
	"example.com/gatehouse/internal/learn"
)

// TestCourse holds that the lessons and exercises that docs/course.md names are there.
func TestCourse(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/course.md")
	if err != nil {
		t.Fatal(err)
	}
	course := string(page)
	for _, m := range regexp.MustCompile("`/learn/([^`]+)`").FindAllStringSubmatch(course, -1) {
		if _, found := learn.Find(m[1]); !found {
			t.Errorf("there is no lesson %s", m[1])
		}
	}
	for _, m := range regexp.MustCompile("`/labs/([a-z-]+)`").FindAllStringSubmatch(course, -1) {
		if _, found := lab.Find(m[1]); !found && m[1] != "class" {
			t.Errorf("there is no lab %s", m[1])
		}
	}
	for _, l := range lab.All() {
		if !strings.Contains(course, "`/labs/"+l.Lesson+"`") {
			t.Errorf("docs/course.md has no place for the lab %s", l.Lesson)
		}
	}
	files, err := filepath.Glob("../../tools/learn/exercises/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no exercises", err)
	}
	for _, file := range files {
		_, name, _ := strings.Cut(strings.TrimSuffix(filepath.Base(file), ".txt"), "-")
		if !strings.Contains(course, "`"+name+"`") {
			t.Errorf("docs/course.md has no place for the exercise %s", name)
		}
		course = strings.ReplaceAll(course, "`"+name+"`", "")
	}
	if left := regexp.MustCompile("`(the-[a-z-]+|two-[a-z-]+|not-[a-z-]+)`").FindString(course); left != "" {
		t.Errorf("there is no exercise %s", left)
	}
	for _, m := range regexp.MustCompile("`go run ./cmd/web (--[^`]+)`").FindAllStringSubmatch(course, -1) {
		if err := isThere(t, "go run ./cmd/web "+m[1]); err != nil {
			t.Error(err)
		}
	}
}
