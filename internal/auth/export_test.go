package auth

// FillQueue makes the queue for password hashes full: whatever needs one gets ErrBusy.
func (s *Service) FillQueue() { s.hash.waiting.Store(maxWaiting) }
