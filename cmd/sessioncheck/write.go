package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"example.com/gatehouse/internal/sessioncheck"
)

// write writes the report in each form that was asked for. The one for people goes to standard output unless that has
// the JSON.
func (f *flags) write(report *sessioncheck.Report, stdout io.Writer) error {
	if f.Baseline != "" {
		earlier, err := baseline(f.Baseline)
		if err != nil {
			return err
		}
		report.Forget(earlier)
	}
	for _, form := range []struct {
		file  string
		write func(io.Writer) error
	}{{f.JSON, report.WriteJSON}, {f.HTML, report.WriteHTML}, {f.SARIF, report.WriteSARIF}, {f.JUnit, report.WriteJUnit}} {
		if err := toFile(form.file, stdout, form.write); err != nil {
			return err
		}
	}
	if f.JSON == "-" {
		return nil
	}
	return report.WriteText(stdout)
}

// toFile writes into a file that only its owner can read: a report says how to get in.
func toFile(name string, stdout io.Writer, write func(io.Writer) error) error {
	switch name {
	case "":
		return nil
	case "-":
		return write(stdout)
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if err = ownersOnly(file); err == nil {
		err = write(file)
	}
	if err != nil {
		_ = file.Close()
		return err
	}
	return file.Close()
}

// ownersOnly is for a file that was there before, which keeps the rights that it had.
func ownersOnly(file *os.File) error {
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return err
	}
	return file.Chmod(0o600)
}

func baseline(name string) (*sessioncheck.Report, error) {
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var earlier sessioncheck.Report
	if err := json.Unmarshal(content, &earlier); err != nil {
		return nil, fmt.Errorf("%s is no report: %w", name, err)
	}
	return &earlier, nil
}
