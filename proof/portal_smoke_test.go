package proof

import "testing"

func TestSmoke(t *testing.T) {
	for name, g := range grounds {
		t.Run(name, func(t *testing.T) {
			g := g(t)
			one, two := start(t, g), start(t, g)
			c := one.client(t).signIn(g.account(t, "Ada Lovelace"), password)
			if !c.at(two).alive() || c.handle() == "" {
				t.Error("not alive")
			}
			c.post("/logout").location("/signed-out")
			two.kill()
		})
	}
}
