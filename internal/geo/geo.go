// Package geo reads from a file of the operator's, in MaxMind's format, which country an address is in. It does not know
// what the answer is used for, and never guesses.
package geo

import (
	"fmt"
	"net/netip"
	"os"

	"github.com/oschwald/maxminddb-golang/v2"
)

// A Database says which country an address is in. A nil one knows none.
type Database struct{ file *maxminddb.Reader }

// Open reads the file, and refuses one that is no address database. The whole of it is in memory, because a file that is mapped there
// ends the program when somebody shortens it.
func Open(path string) (*Database, error) {
	if path == "" {
		return nil, nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("address database: %w", err)
	}
	file, err := maxminddb.OpenBytes(content)
	if err != nil {
		return nil, fmt.Errorf("address database: %w", err)
	}
	return &Database{file}, nil
}

// Country is the English name of the country of the address, "" where the file does not say.
func (d *Database) Country(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if d == nil || err != nil {
		return ""
	}
	var name *string
	if err := d.file.Lookup(addr.Unmap()).DecodePath(&name, "country", "names", "en"); err != nil || name == nil {
		return ""
	}
	return *name
}
