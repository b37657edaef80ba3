//go:build probe

package main

import (
	"example.com/gatehouse/internal/handlers"
	"example.com/gatehouse/internal/probe"
)

func init() {
	underTest.hashCost = probe.CheapHash
	underTest.extend = func(x handlers.Extension) { probe.Add(probe.Portal(x)) }
}
