// Package session is the life of a signed-in session: sign-in, resume, touch, rotate, end, flag. A session is a row, and the
// row is the only authority on whether a token opens anything. Every change of one is a single conditional update, made by
// the Store: no row means that somebody else was first. The package knows no HTTP and no SQL, and of cookies only the token
// that they carry; who signs in is auth's to say, whose Proof it asks for.
//
// What a token is, and what leads from one State to another:
//
//	SignIn makes a token, never takes one that a browser brought: all others are Unknown
//	  |
//	  '---------------> Live     touched by use and Extend, at most once per touch interval
//	                     |
//	                     | a Rotation: Elevate, and every change of credentials
//	                     v
//	                  Rotated   for RotationGrace: a request that was on its way asks again
//	                     |
//	                     v
//	                  Unclaimed until a request brings the next token: the answer with it may be lost
//	                     |
//	                     v
//	                  Replaced  used after that: FlagTokenReused, and the owner is told
//
//	All of these tokens are Ended with their session, which ends once and for one Reason:
//
//	idle, absolute                      Resume and Sweep, when its time is up
//	unclaimed                           the same, ClaimWithin after its latest rotation, and SignIn with the replaced token
//	signed_out                          SignOut, EndMany, and SignIn in the same browser
//	revoked                             Revoke, EndMany, a change of second factors or of the address, undoing one
//	replaced                            SignIn, beyond SessionsPerUser
//	client_changed                      Resume, under ClientChangeEnd
//	password_changed, admin             internal/account and internal/admin, in the transaction of the change
//	account_disabled, account_deleted   the same, and Resume, when the account is disabled or a demo account over
//
// An ended row stays ended. A flag changes no state: under ClientChangeReauth it makes a live session ask who it is before it
// does anything, and Elevate or DismissFlag takes it off.
package session
