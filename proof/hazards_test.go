package proof

import "testing"

// A hazard is what goes wrong with a session the stock way. The same steps are taken on both portals; they count how
// often it went wrong, and how often it could have.
type hazard struct {
	name   string
	hashed bool // the stock portal keeps hashes of its tokens
	steps  func(s *site) (wrong, of int)
}

// Every hazard is seen on the stock portal, so that its steps have shown that they can see it, and never on Gatehouse. The
// table is docs/evidence/hazards.md, its figures are those of "go test ./proof -run TestHazards -v".
func TestHazards(t *testing.T) {
	t.Parallel()
	for _, h := range []hazard{
		{"renewing moves the absolute limit", false, renewingMovesTheLimit},
		{"every page writes and sets a cookie", false, everyPageWrites},
		{"a slow request brings the session back", false, slowRequestBringsBack},
		{"a late answer overwrites the cookie", false, lateAnswerOverwrites},
		{"a lost answer signs out", false, lostAnswerSignsOut},
		{"two tabs lose a change", false, twoTabsLoseAChange},
		{"an order is paid twice", false, orderIsPaidTwice},
		{"a page behind an error", false, pageBehindAnError},
		{"ending by hash ends nothing", true, endingEndsNothing},
		{"the list costs what others have", false, listCostsOthers},
		{"tokens lie in the store", false, tokensLieInTheStore},
		{"a record of another build locks out", false, anotherBuildLocksOut},
		{"a copied record is another person", false, copiedRecordIsAnother},
		{"the first of two cookies wins", false, firstCookieWins},
		{"visitors fill the store", false, visitorsFillTheStore},
		{"what the store forgets is signed out", false, forgottenIsSignedOut},
	} {
		t.Run(h.name, func(t *testing.T) {
			t.Parallel()
			stockWrong, of := h.steps(onStock(t, startRedis(t), h.hashed))
			ourWrong, ourOf := h.steps(onGatehouse(t, startRedis(t)))
			t.Logf("stock %d of %d, Gatehouse %d of %d", stockWrong, of, ourWrong, ourOf)
			if stockWrong != of {
				t.Errorf("stock: got %d of %d, want all: these steps would not see it on Gatehouse", stockWrong, of)
			}
			if ourWrong != 0 || ourOf != of {
				t.Errorf("Gatehouse: got %d of %d, want 0 of %d", ourWrong, ourOf, of)
			}
		})
	}
}

// The people of the hazards, by names that no page has by chance.
const adelheid, gertrude = "Adelheid", "Gertrude"

// count counts what is true.
func count(facts ...bool) (n int) {
	for _, fact := range facts {
		if fact {
			n++
		}
	}
	return n
}
