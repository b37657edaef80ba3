package mail

// A Notice is an email that tells the owner of an account of a change, for the transaction of the change. Nobody waits for it,
// so the change happens without it when the outbox is full, unless it is needed.
type Notice struct {
	Email
	Needed bool // without room for it there is no change, but ErrFull
	Row    Row
	Full   bool // set by the store: it was left out, because there was no room for it
}

// Seal makes the rows of notices.
func (o *Outbox) Seal(notices []Notice) (err error) {
	for i := range notices {
		if notices[i].Row, err = seal(o.Sealer, notices[i].Email, o.now()); err != nil {
			return err
		}
	}
	return nil
}

// Stored is called after the transaction that stores notices: they are sent, and those that were left out are logged.
func (o *Outbox) Stored(notices []Notice) {
	for _, n := range notices {
		if n.Full {
			o.Log.Error("email dropped", "email", n.Email, "error", ErrFull)
			continue
		}
		o.Wake()
	}
}
