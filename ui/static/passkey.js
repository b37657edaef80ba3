// Passkeys. The ceremony is the browser's; this script fetches what it is asked with, and brings its answer to the
// server, which decides. What it drives is marked in the page with data-passkey, and hidden until this runs:
//   sign-in  a button that signs in; with data-offer, passkeys are also offered where the address is typed
//   confirm  a button inside a form, which is then sent with the answer in its field "assertion"
//   enrol    a form, which is sent with the answer in its field "credential"
(() => {
  "use strict";
  const { PublicKeyCredential, navigator: { credentials } } = window;
  if (!PublicKeyCredential || !credentials) return; // an old browser: every other way still works
  const RENEW = 240_000; // an offer stands longer than its challenge, which works for five minutes
  const TRIES = 3, PATIENCE = 8_000, PAUSE = 1_000; // in all less than the half minute in which an act can be repeated
  const words = {
    NotAllowedError: "Nothing was done. The question was cancelled, or not answered in time, or there is no passkey here that can answer it.",
    TimeoutError: "Nothing was done. The question was not answered in time.",
    AbortError: "Nothing was done. The question was withdrawn before it was answered.",
    SecurityError: "Passkeys do not work at this address.",
    NotSupportedError: "This device cannot make or use a passkey that we accept.",
    ConstraintError: "This device cannot check that it is you. It needs a screen lock, a fingerprint or a PIN.",
  };
  const taken = "This device has a passkey for your account already.";
  const away = "We could not reach the server. Check your connection and try again.";
  const failed = "Your browser or password manager could not do it. Try again, or choose another one.";

  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

  // An Answer is what the server says instead of what was hoped for. Lost is a request without an answer.
  class Answer extends Error {
    constructor({ text, error }) {
      super(text ?? "");
      this.error = error;
    }
  }
  class Lost extends Error {}

  // Options and answers are turned into JSON and back by hand: some browsers do not know how, and what a password manager puts
  // in place of a browser's answer often does not either.
  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  const base64url = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  const withId = (o) => ({ ...o, id: bytes(o.id) });

  function decode({ challenge, user, allowCredentials, excludeCredentials, ...rest }) {
    const options = { ...rest, challenge: bytes(challenge) };
    if (user) options.user = withId(user);
    if (allowCredentials) options.allowCredentials = allowCredentials.map(withId);
    if (excludeCredentials) options.excludeCredentials = excludeCredentials.map(withId);
    return options;
  }

  function encode(credential) {
    if (!credential) throw new DOMException("no credential", "NotAllowedError");
    const response = {}, from = credential.response, id = base64url(credential.rawId);
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (from[name]) response[name] = base64url(from[name]);
    }
    if (from.attestationObject) response.transports = from.getTransports?.() ?? [];
    return { id, rawId: id, type: "public-key", clientExtensionResults: {}, response };
  }

  async function post(url, body = {}) {
    let response, answer;
    try {
      response = await fetch(url, {
        method: "POST", cache: "no-store", redirect: "error", body: JSON.stringify(body),
        headers: { "Accept": "application/json", "Content-Type": "application/json" }, signal: AbortSignal.timeout(PATIENCE),
      });
      answer = await response.json();
    } catch (e) {
      throw new Lost(e);
    }
    if (response.ok) return answer;
    if (answer.where) location.assign(answer.where);
    throw new Answer(answer);
  }

  // finish sends what works once. When the reply is lost it sends the same again: the server knows the act and replies the same.
  async function finish(url, body) {
    for (let left = TRIES - 1; ; left--) {
      try {
        return await post(url, body);
      } catch (e) {
        if (!(e instanceof Lost) || left === 0) throw e;
      }
      await pause(PAUSE);
    }
  }

  // One question at a time: a browser refuses a second one, and an offer gives way to a button.
  let asking;
  function question() {
    asking?.abort();
    asking = new AbortController();
    return asking.signal;
  }

  async function get(begin, mediation) {
    const signal = question();
    const { publicKey } = await post(begin);
    signal.throwIfAborted();
    const assertion = encode(await credentials.get({ publicKey: decode(publicKey), mediation, signal }));
    return { assertion, rpId: publicKey.rpId };
  }

  // tell passes something on to the password manager, in browsers that can. Nobody waits for it, and nothing depends on it.
  async function tell(method, options) {
    try {
      await PublicKeyCredential[method]?.(options);
    } catch { /* what it does not know it goes on offering */ }
  }

  async function signIn(box, mediation) {
    const { assertion, rpId } = await get("/login/passkey/begin", mediation);
    const { act, remember } = box.closest("form").elements;
    try {
      const { where } = await finish("/login/passkey/finish", {
        act: act.value, assertion, next: box.dataset.next, remember: remember?.checked ?? "remember" in box.dataset,
      });
      location.assign(where);
      return true;
    } catch (e) {
      if (e.error === "unknown-passkey") tell("signalUnknownCredential", { rpId, credentialId: assertion.id });
      throw e;
    }
  }

  async function confirm(box) {
    const { form } = box.querySelector("button"), identity = box.closest("[data-identity]");
    for (const e of form.elements) if (!identity.contains(e) && !e.reportValidity()) return false;
    const { assertion } = await get("/reauth/passkey/begin");
    form.elements.assertion.value = JSON.stringify(assertion);
    form.submit(); // which asks for no password, as a press of its own button would
    return true;
  }

  async function enrol(form) {
    const signal = question();
    const { publicKey } = await post("/account/security/passkeys/begin");
    form.elements.credential.value = JSON.stringify(encode(await credentials.create({ publicKey: decode(publicKey), signal })));
    form.submit();
    return true;
  }

  function sentence(e, ceremony) {
    if (e instanceof Answer) return e.message;
    if (e instanceof Lost) return away;
    if (e.name === "InvalidStateError" && ceremony === enrol) return taken;
    return words[e.name] ?? failed;
  }

  // perform does one of them for somebody who pressed a button, and says in the page what went wrong. A ceremony returns whether
  // an answer is on its way that replaces the page: another ceremony would abort it.
  async function perform(box, ceremony) {
    const button = box.querySelector("button"), error = box.querySelector("[role=alert]");
    if (button.ariaBusy) return;
    button.ariaBusy = true;
    error.textContent = "";
    try {
      if (await ceremony(box)) await pause(PATIENCE); // no longer: the answer may be a file, which replaces nothing
    } catch (e) {
      error.textContent = sentence(e, ceremony);
    } finally {
      button.ariaBusy = null;
    }
  }

  // offer lets the browser suggest passkeys in the field for the address, until something else is asked.
  async function offer(box) {
    if (!await PublicKeyCredential.isConditionalMediationAvailable?.()) return;
    const renew = setTimeout(() => offer(box), RENEW);
    try {
      await signIn(box, "conditional");
    } catch (e) {
      if (e instanceof Answer) box.querySelector("[role=alert]").textContent = e.message;
    } finally {
      clearTimeout(renew);
    }
  }

  const ceremonies = { "sign-in": signIn, confirm, enrol };
  for (const box of document.querySelectorAll("[data-passkey]")) {
    const ceremony = ceremonies[box.dataset.passkey];
    if (box.matches("form")) box.addEventListener("submit", (e) => { e.preventDefault(); perform(box, ceremony); });
    else box.querySelector("button").addEventListener("click", () => perform(box, ceremony));
    box.hidden = false;
    if (!("offer" in box.dataset)) continue;
    box.closest("form").addEventListener("submit", () => asking?.abort());
    addEventListener("pagehide", () => asking?.abort());
    addEventListener("pageshow", (e) => { if (e.persisted) offer(box); });
    offer(box);
  }
  for (const { dataset } of document.querySelectorAll("[data-passkey-signals]")) {
    const { rpId, userId, name, displayName, allAcceptedCredentialIds } = JSON.parse(dataset.passkeySignals);
    if (allAcceptedCredentialIds) tell("signalAllAcceptedCredentials", { rpId, userId, allAcceptedCredentialIds });
    tell("signalCurrentUserDetails", { rpId, userId, name, displayName });
  }
  for (const e of document.querySelectorAll("[data-no-passkey]")) e.hidden = true;
})();
