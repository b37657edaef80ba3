package store

// Exports and NotExported are read by the test that compares them with the schema.
var (
	Exports     = exports
	NotExported = notExported
)

// Table and Columns tell that test what is exported.
func (x exported) Table() string     { return x.table }
func (x exported) Columns() []string { return x.columns }
