package store

// What tests look at the plans of.
var (
	PeopleQuery    = peopleQuery
	AllEventsQuery = allEventsQuery
	RevealedQuery  = revealedQuery
)

// IsPostgres reports which database it is.
func IsPostgres(s *Store) bool { return s.postgres }

// MaxPending is the bound of pending sign-ins.
const MaxPending = maxPending

// Voided are the tables that a restore empties.
var Voided = voided

// EmailsTable is the name of the outbox.
const EmailsTable = emailsTable
