package main

import (
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/handlers"
)

// underTest has additions for tests: set by the tests of this package, and by the build tag "probe" for those of
// others. In the released program it is empty.
var underTest struct {
	hashCost auth.HashCost
	extend   func(handlers.Extension)
}
