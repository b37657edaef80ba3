package main

import (
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/handlers"
)

// underTest is what a portal under test has besides. The tests of this package set it, and the program that is built with
// the tag "probe" for those of others; in the program that people run it is empty.
var underTest struct {
	hashCost auth.HashCost
	extend   func(handlers.Extension)
}
