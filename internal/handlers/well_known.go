package handlers

import "net/http"

// changePasswordAddress leads password managers to the form on which a password is changed (W3C, A Well-Known URL for
// Changing Passwords).
func changePasswordAddress(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "/account/security/password", http.StatusFound)
}

// passkeyEndpoints tells password managers where a passkey is added and where passkeys are listed (W3C, A Well-Known URL for
// Relying Party Passkey Endpoints).
func (a *app) passkeyEndpoints(w http.ResponseWriter, _ *http.Request) {
	page := a.BaseURL.String() + "/account/security/passkeys"
	_ = writeJSON(w, http.StatusOK, map[string]string{"enroll": page, "manage": page})
}
