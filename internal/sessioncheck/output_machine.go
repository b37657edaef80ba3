package sessioncheck

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

// WriteJSON writes the report as it is.
func (r *Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// The part of SARIF 2.1.0 that says what was looked for and what was found where.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool struct {
			Driver struct {
				Name  string      `json:"name"`
				Rules []sarifRule `json:"rules"`
			} `json:"driver"`
		} `json:"tool"`
		Results []sarifResult `json:"results"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifRule struct {
		ID         string    `json:"id"`
		Short      sarifText `json:"shortDescription"`
		Help       sarifText `json:"help"`
		Properties struct {
			Tags     []string `json:"tags"`
			Severity string   `json:"security-severity"`
		} `json:"properties"`
	}
	sarifResult struct {
		Rule      string          `json:"ruleId"`
		Kind      string          `json:"kind"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifLocation struct {
		Physical struct {
			Artifact struct {
				URI string `json:"uri"`
			} `json:"artifactLocation"`
		} `json:"physicalLocation"`
	}
)

var (
	sarifLevels = map[Severity]string{High: "error", Medium: "warning", Low: "note"}
	sarifScores = map[Severity]string{High: "8.0", Medium: "5.5", Low: "3.0"}
	sarifKinds  = map[Verdict]string{Finding: "fail", Passed: "pass", Inconclusive: "open", Skipped: "notApplicable"}
)

// WriteSARIF writes the report for tools that collect findings.
func (r *Report) WriteSARIF(w io.Writer) error {
	log := sarifLog{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: make([]sarifRun, 1)}
	run := &log.Runs[0]
	run.Tool.Driver.Name = "sessioncheck"
	for _, check := range Checks {
		rule := sarifRule{ID: check.ID, Short: sarifText{check.Title}, Help: sarifText{Mends[check.ID].General}}
		rule.Properties.Tags = []string{"security", fmt.Sprintf("external/cwe/cwe-%d", check.CWE), "ASVS-v5.0.0-" + check.ASVS, check.WSTG}
		rule.Properties.Severity = sarifScores[check.Severity]
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, rule)
	}
	for _, result := range r.Checks {
		found := sarifResult{Rule: result.ID, Kind: sarifKinds[result.Verdict], Level: "none"}
		found.Message.Text = strings.Join(append([]string{result.Why}, result.Evidence...), "\n")
		if result.Verdict == Finding {
			found.Level = sarifLevels[result.Severity]
		}
		found.Locations = make([]sarifLocation, 1)
		found.Locations[0].Physical.Artifact.URI = r.Target
		run.Results = append(run.Results, found)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(log)
}

type (
	junitSuite struct {
		XMLName  xml.Name    `xml:"testsuite"`
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string     `xml:"classname,attr"`
		Name    string     `xml:"name,attr"`
		Failure *junitNote `xml:"failure,omitempty"`
		Skipped *junitNote `xml:"skipped,omitempty"`
	}
	junitNote struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// WriteJUnit writes the report as tests: a finding is a failure, and what came to no result was skipped.
func (r *Report) WriteJUnit(w io.Writer) error {
	suite := junitSuite{Name: "sessioncheck " + r.Target, Tests: len(r.Checks)}
	for _, result := range r.Checks {
		c := junitCase{Class: "sessioncheck", Name: result.ID}
		note := &junitNote{result.Why, strings.Join(result.Evidence, "\n")}
		switch result.Verdict {
		case Finding:
			c.Failure = note
			suite.Failures++
		case Inconclusive, Skipped:
			c.Skipped = note
			suite.Skipped++
		}
		suite.Cases = append(suite.Cases, c)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(suite); err != nil {
		return err
	}
	return e.Close()
}
