// Package tools holds what the project is checked with. It knows the project's files, not its packages, so that nothing
// it depends on reaches a fork's binary.
package tools

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

func loadCompose(t *testing.T) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{"../docker-compose.yml"})
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatalf("docker-compose.yml: %v", err)
	}
	return project
}

// PostgreSQL and Redis ask for no password here, so nobody but this machine may reach them.
func TestComposePublishesOnLoopbackOnly(t *testing.T) {
	for name, service := range loadCompose(t).Services {
		for _, port := range service.Ports {
			if port.HostIP != "127.0.0.1" {
				t.Errorf("%s publishes %s on %q, want 127.0.0.1", name, port.Published, port.HostIP)
			}
		}
	}
}

func TestComposeRedisRefusesRatherThanEvicts(t *testing.T) {
	command := loadCompose(t).Services["redis"].Command
	i := slices.Index(command, "--maxmemory-policy")
	if i < 0 || i+1 == len(command) || command[i+1] != "noeviction" {
		t.Errorf("redis: got command %q, want --maxmemory-policy noeviction in it", command)
	}
}

// A service that others wait for until it is healthy has to say when it is.
func TestComposeWaitsForWhatReportsHealth(t *testing.T) {
	project := loadCompose(t)
	for name, service := range project.Services {
		for on, dependency := range service.DependsOn {
			if dependency.Condition == types.ServiceConditionHealthy && project.Services[on].HealthCheck == nil {
				t.Errorf("%s waits for %s to be healthy, and %s has no healthcheck", name, on, on)
			}
		}
	}
}

// The program itself reads the settings the compose file gives it.
func TestComposeSettingsAreTheProgramsOwn(t *testing.T) {
	web := t.TempDir() + "/web"
	run := func(env []string, name string, args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Dir = ".."
		cmd.Env = append(os.Environ(), env...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	run(nil, "go", "build", "-buildvcs=false", "-o", web, "./cmd/web")

	var env []string
	help := run(nil, web, "--help")
	for name, value := range loadCompose(t).Services["web"].Environment {
		if strings.HasPrefix(name, "GATEHOUSE_") && !strings.Contains(help, "$"+name) {
			t.Errorf("web --help does not know %s", name)
		}
		env = append(env, name+"="+*value)
	}
	run(env, web, "config")
}
