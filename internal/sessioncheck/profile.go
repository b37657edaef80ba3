package sessioncheck

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// A Profile says of an application what cannot be found by looking at its pages. All of it is optional.
type Profile struct {
	Login   string `yaml:"login"`   // page with the form
	Private string `yaml:"private"` // page that only who is signed in may see
	Mark    string `yaml:"mark"`    // text of the private page that nobody else sees
	SignIn  Act    `yaml:"sign-in"` // for a sign-in without a form
	Token   string `yaml:"token"`   // field of the sign-in's JSON answer, sent as "Authorization: Bearer" from then on

	Logout         Act `yaml:"logout"`
	Extend         Act `yaml:"extend"`
	Polling        Act `yaml:"polling"`
	Confirm        Act `yaml:"confirm"`
	ChangePassword Act `yaml:"change-password"`
	Everywhere     Act `yaml:"sign-out-everywhere"`
	OneUse         Act `yaml:"one-use"`

	Idle     time.Duration `yaml:"idle"`     // what is claimed
	Absolute time.Duration `yaml:"absolute"` // what is claimed

	SecondFactor struct {
		User     string `yaml:"user"` // an account that has one
		Password string `yaml:"password"`
	} `yaml:"second-factor"`
}

// An Act is one request, "METHOD PATH" or that with the page its form is on and the fields to fill in. Fields may hold
// {user}, {password} and {new-password}.
type Act struct {
	Request string            `yaml:"request"`
	Form    string            `yaml:"form"`
	Fields  map[string]string `yaml:"fields"`
	JSON    map[string]string `yaml:"json"`
}

// UnmarshalYAML takes a bare "METHOD PATH" for an act without anything else.
func (a *Act) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		a.Request = node.Value
	} else {
		type plain Act
		if err := node.Decode((*plain)(a)); err != nil {
			return err
		}
	}
	if method, path := a.parts(); method == "" || !strings.HasPrefix(path, "/") {
		return fmt.Errorf("line %d: %q is no request: write it as POST /path", node.Line, a.Request)
	}
	return nil
}

func (a *Act) known() bool { return a.Request != "" }

func (a *Act) parts() (method, path string) {
	method, path, ok := strings.Cut(strings.TrimSpace(a.Request), " ")
	if !ok {
		return "POST", method
	}
	return strings.ToUpper(method), strings.TrimSpace(path)
}

// ReadProfile reads a profile. A word that it does not know is an error, so that a misspelt one is not left out silently.
func ReadProfile(r io.Reader) (p Profile, err error) {
	content, err := io.ReadAll(io.LimitReader(r, 1<<20))
	if err != nil {
		return p, err
	}
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	decoder.KnownFields(true)
	if err := decoder.Decode(&p); err != nil && !errors.Is(err, io.EOF) {
		return p, fmt.Errorf("the profile cannot be read: %w", err)
	}
	return p, nil
}
