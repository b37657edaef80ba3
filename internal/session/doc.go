// Package session is the life of a signed-in session: sign-in, resume, touch, rotate, end, flag. A session is a row, and the
// row is the only authority on whether a token opens anything. Every change of one is a single conditional update, made by
// the Store: no row means that somebody else was first. The package knows no HTTP and no SQL, and of cookies only the token
// that they carry; the sign-in itself is auth's, whose Proof it asks for.
package session
