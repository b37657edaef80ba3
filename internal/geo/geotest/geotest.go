// Package geotest makes small address databases for tests. It does not know who reads them.
package geotest

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
)

// A node is two records of the search tree: the next node, or a country.
type node struct {
	next    [2]*node
	country [2]string
}

// Write makes a file in MaxMind's format that says which country each network is in, and returns its path.
func Write(t testing.TB, countries map[string]string) string {
	t.Helper()
	root := &node{}
	for network, country := range countries {
		prefix := netip.MustParsePrefix(network)
		addr, bits := prefix.Addr().As16(), prefix.Bits()
		if prefix.Addr().Is4() { // which the tree has under ::/96
			v4 := prefix.Addr().As4()
			addr, bits = [16]byte{12: v4[0], 13: v4[1], 14: v4[2], 15: v4[3]}, bits+96
		}
		at := root
		for i := range bits {
			bit := addr[i/8] >> (7 - i%8) & 1
			if i == bits-1 {
				at.country[bit] = country
				break
			}
			if at.next[bit] == nil {
				at.next[bit] = &node{}
			}
			at = at.next[bit]
		}
	}
	path := filepath.Join(t.TempDir(), "countries.mmdb")
	if err := os.WriteFile(path, file(root), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func file(root *node) []byte {
	nodes := flatten(root, nil)
	number := map[*node]int{}
	for i, n := range nodes {
		number[n] = i
	}
	var tree, data bytes.Buffer
	for _, n := range nodes {
		for bit := range 2 {
			value := len(nodes) // nothing is known
			if n.next[bit] != nil {
				value = number[n.next[bit]]
			} else if name := n.country[bit]; name != "" {
				value = len(nodes) + 16 + data.Len()
				data.Write(object("country", object("names", object("en", text(name)))))
			}
			tree.Write(binary.BigEndian.AppendUint32(nil, uint32(value))[1:])
		}
	}
	tree.Write(make([]byte, 16))
	tree.Write(data.Bytes())
	tree.WriteString("\xab\xcd\xefMaxMind.com")
	tree.Write(object("node_count", number32(6, len(nodes)), "record_size", number32(5, 24), "ip_version", number32(5, 6),
		"database_type", text("Test-Country"), "languages", []byte{0, 4}, "binary_format_major_version", number32(5, 2),
		"binary_format_minor_version", number32(5, 0), "build_epoch", []byte{1, 2, 1}, "description", object("en", text("for tests"))))
	return tree.Bytes()
}

func flatten(n *node, all []*node) []*node {
	all = append(all, n)
	for _, next := range n.next {
		if next != nil {
			all = flatten(next, all)
		}
	}
	return all
}

func text(s string) []byte { return append([]byte{2<<5 | byte(len(s))}, s...) } // fewer than 29 bytes

// number32 is an unsigned number of the type: 5 has two bytes, 6 four.
func number32(kind byte, n int) []byte {
	size := map[byte]int{5: 2, 6: 4}[kind]
	return append([]byte{kind<<5 | byte(size)}, binary.BigEndian.AppendUint32(nil, uint32(n))[4-size:]...)
}

// object is a map of names and encoded values in turn.
func object(pairs ...any) []byte {
	out := []byte{7<<5 | byte(len(pairs)/2)}
	for i := 0; i < len(pairs); i += 2 {
		out = append(append(out, text(pairs[i].(string))...), pairs[i+1].([]byte)...)
	}
	return out
}
