package redispool

import (
	"crypto/tls"
	"errors"
	"strings"

	"github.com/gomodule/redigo/redis"
)

// ErrReplica means that the server is no primary, so it stores nothing.
var ErrReplica = errors.New("it is a replica")

// refusals are what a server says that will say the same tomorrow, by the beginning, and what that means to an operator. What a
// server says may repeat what it was told, so it is not passed on.
var refusals = [][2]string{
	{"NOAUTH", "it wants a password"},
	{"WRONGPASS", "it refuses the login"},
	{"ERR invalid password", "it refuses the login"},
	{"ERR AUTH", "it refuses the login"},
	{"ERR Client sent AUTH", "it refuses the login"},
	{"ERR wrong number of arguments for 'auth'", "it refuses the login"},
	{"NOPERM", "its user may not use what is needed: scripts and all keys under the prefix of this program"},
	{"ERR unknown command", "it does not know a command that is needed, such as EVALSHA and EVAL"},
	{"ERR DB index", "it has no database of that number"},
	{"ERR SELECT", "it has no database of that number"},
	{"READONLY", ErrReplica.Error()},
	{"MOVED", "it is a cluster"},
	{"CROSSSLOT", "it is a cluster"},
	{"CLUSTERDOWN", "it is a cluster"},
	{"ERR This instance has cluster support disabled", "it is no cluster"},
}

// Refusal says why a server that answered will never do what it was asked, and "" for an error that may pass, such as a server
// that does not answer, is loading or has no memory left.
func Refusal(err error) string {
	if errors.Is(err, ErrReplica) {
		return ErrReplica.Error()
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "its certificate cannot be verified"
	}
	said, ok := errors.AsType[redis.Error](err)
	if !ok {
		return ""
	}
	for _, r := range refusals {
		if strings.HasPrefix(string(said), r[0]) || strings.Contains(string(said), ": "+r[0]) { // the latter from within a script
			return r[1]
		}
	}
	return ""
}
