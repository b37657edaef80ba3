// The idle warning: a banner while there is time, a dialog for the last seconds. The server decides; this script
// shows, asks and obeys. It is told durations, never times of day, so that a wrong clock here changes nothing.
(() => {
  "use strict";
  const page = document.body.dataset;
  const banner = document.getElementById("idle-banner"), dialog = document.getElementById("idle-dialog");
  if (!dialog.showModal) return; // an old browser: the server still ends the session
  const WARN = +page.warnMs, LAST = Math.min(30_000, WARN / 2); // before the end, in milliseconds
  const RECHECK = 15_000, AWAY = 60_000, RETRY = 5_000, LONGEST = 30_000, PATIENCE = 10_000, TYPING = 60_000, SOON = 3_000, FIRST = 1_000;
  const WHY = {
    revoked: "Another of your devices signed this one out.", password_changed: "Your password was changed on another device.",
    admin: "Those who run this site ended the session.", account_disabled: "This account was disabled.",
  };
  const endedUrl = page.endedUrl + dialog.querySelector('[href^="/login?next="]').search; // which leads back here
  const kept = document.querySelector('form[data-on-end="keep"]');
  if (kept) for (const e of document.querySelectorAll("#idle-dialog [data-typed]")) e.textContent = "What you typed stays in this page: sign in again and go on.";
  const channel = new BroadcastChannel("session");
  const title = document.title, signedOut = `Signed out - ${title}`;
  const all = (selector) => document.querySelectorAll(`#idle-banner ${selector}, #idle-dialog ${selector}`);

  // stopwatch returns a function that says how long ago it was made. Date goes on while the machine sleeps, but can be
  // set back; performance.now() cannot, but may stand still.
  const stopwatch = () => {
    const wall = Date.now(), steady = performance.now();
    return () => Math.max(Date.now() - wall, performance.now() - steady);
  };

  let granted, sinceTold, final; // what the server said last; final: staying cannot help any more
  let sinceAsked = stopwatch(), pending = false, staying = false, unreachable = false;
  let warned = false, covered = false, lost = false, over = false; // lost: the session is, what was typed is not
  let flagged = "flagged" in page, alarmed = false; // alarmed: it was flagged while this page was open
  let shown = "", marks = [], timer, again, sinceTyped = () => Infinity;

  const adopt = ({ idle_ms = 0, absolute_ms = 0 }) => {
    granted = Math.min(idle_ms, absolute_ms);
    final = absolute_ms <= idle_ms;
    sinceTold = stopwatch();
  };
  // A field without a default (a button, a list) never differs from it.
  const unsaved = () => [...(kept?.elements ?? [])].some((e) =>
    (e.defaultValue ?? e.value) !== e.value || e.defaultChecked !== e.checked);
  const left = () => granted - sinceTold();
  const seconds = (ms) => Math.max(0, Math.ceil(ms / 1000));
  const words = (s) => (s >= 120 ? `${Math.floor(s / 60)} minutes` : s === 1 ? "1 second" : `${s} seconds`);

  function paint() {
    const ms = left();
    const stage = lost ? "lost" : covered ? "covered" : alarmed ? "flagged" : !warned ? "" : ms > LAST ? "banner" : "dialog";
    if (shown !== stage + final) turn(stage);
    shown = stage + final;
    const s = seconds(ms), clock = `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
    for (const e of all("[data-left]")) e.textContent = e.closest("dialog") ? clock : words(s);
    for (const e of all("[data-error]")) e.hidden = !unreachable;
    for (const e of all("[data-stay]")) e.ariaBusy = staying;
    document.title = lost ? signedOut : document.hidden && warned ? `(${words(s)}) ${title}` : title;
    announce(stage, s);
  }

  // turn goes to another stage. The dialog is opened again for each, so that the focus lands on the first thing that stage offers.
  function turn(stage) {
    const variant = lost ? "lost" : covered ? "covered" : alarmed ? "flagged" : final ? "final" : "idle";
    for (const e of all("[data-only]")) e.hidden = !e.dataset.only.split(" ").includes(variant);
    const end = new Date(Date.now() + left()).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
    for (const e of all("[data-when]")) e.textContent = end;
    banner.hidden = stage !== "banner";
    if (dialog.open) dialog.close();
    dialog.classList.toggle("cover", covered || alarmed);
    if (stage === "dialog" || covered || alarmed) dialog.showModal();
  }

  // announce says the time left when the warning begins, and then three times at most: a countdown read out each second
  // leaves no second to act in. A page behind a modal dialog is not read out, so the dialog has a voice of its own.
  function announce(stage, s) {
    if (!warned || covered || alarmed) {
      marks = [Infinity, 60, 30, 10];
      for (const id of ["idle-status", "idle-voice"]) document.getElementById(id).textContent = "";
      return;
    }
    if (s > marks[0] || marks.length === 0) return;
    marks = marks.filter((mark) => mark < s);
    const voice = document.getElementById(stage === "dialog" ? "idle-voice" : "idle-status");
    voice.ariaLive = s <= 10 ? "assertive" : "polite";
    voice.textContent = `${words(s)} until you are signed out.`;
  }

  async function ask(url = page.stateUrl, method = "GET") {
    pending = true;
    sinceAsked = stopwatch();
    try {
      const answer = await fetch(url, {
        method, cache: "no-store", redirect: "error", headers: { Accept: "application/json" },
        signal: AbortSignal.timeout(PATIENCE),
      });
      if (!answer.ok) throw new Error(answer.status);
      obey(await answer.json());
      return true;
    } catch {
      unreachable = true;
      warned = left() <= WARN; // by what the server said last
      return false;
    } finally {
      pending = false;
    }
  }

  function obey(answer) {
    if (over) return;
    unreachable = false;
    if (answer.state !== "active") {
      if (!lost) channel.postMessage({ t: "ended", sid: page.sid });
      const ended = answer.state === "ended"; // or it waits for the password, which no cover can ask for
      const keepsPlace = ended && answer.reason !== "signed_out"; // who signed out wants nothing to be resumed
      if (!ended || !unsaved()) return leave(keepsPlace ? endedUrl : answer.where, ended ? signedOut : title);
      for (const e of all("[data-why]")) e.textContent = WHY[answer.reason] ?? "";
      lost = covered = true;
      return;
    }
    if (answer.sid !== page.sid) {
      // Another session. Not reload(), which could send a form again in the name of somebody else.
      if (answer.user !== page.user || !unsaved()) return leave(location.pathname + location.search, title);
      page.sid = answer.sid;
    }
    adopt(answer);
    covered = lost = false;
    const raised = Boolean(answer.flagged) && !flagged;
    flagged = Boolean(answer.flagged);
    alarmed = flagged && (raised || alarmed);
    warned = left() <= WARN;
  }

  // leave replaces the page, so that Back does not come to it.
  function leave(where, name) {
    over = covered = true;
    paint();
    document.title = name;
    location.replace(where);
  }

  const look = () => ask().then(tick);

  function tick() {
    clearTimeout(timer);
    if (over) return;
    const ms = left();
    if (ms <= 0 && !covered) { // cover first, ask second
      covered = true;
      sinceAsked = () => Infinity;
    }
    paint();
    // Another tab may have been used, so nobody is warned before the server has agreed.
    // A page that lost its session waits for a hint instead: a sign-in in another tab, or its reader.
    const due = lost ? Infinity : covered ? RETRY : warned ? RECHECK : 0;
    if (!pending && (covered || ms <= WARN) && sinceAsked() >= due) look();
    timer = setTimeout(tick, covered ? RETRY : ms > WARN ? Math.min(ms - WARN, LONGEST) : ms % 1000 || 1000);
  }

  async function extend() {
    if (await ask(page.extendUrl, "POST")) channel.postMessage({ t: "extended", sid: page.sid });
    tick();
  }

  async function stay(event) {
    event.preventDefault();
    if (staying || covered || alarmed || final) return;
    staying = true;
    unreachable = false;
    paint();
    await extend();
    staying = false;
    tick();
  }

  // Typing is activity in a form that says so. A covered page cannot be typed into.
  function typed(event) {
    if (!event.isTrusted || final || sinceTyped() < TYPING || !event.target.form?.hasAttribute("data-keepalive")) return;
    sinceTyped = stopwatch();
    extend();
  }

  function wake() {
    if (unreachable || lost || sinceAsked() > AWAY) look();
    tick();
  }

  for (const e of all("[data-stay]")) e.form.addEventListener("submit", stay);
  // Escape means "I am here". Browsers may close a dialog in spite of cancel's preventDefault, hence closedby="none" in the
  // page, and the key itself here.
  dialog.addEventListener("cancel", stay);
  document.addEventListener("keydown", (e) => { if (dialog.open && e.key === "Escape") stay(e); });
  for (const e of all("[data-go-on]")) e.addEventListener("click", () => { alarmed = false; tick(); });
  for (const e of all("[data-leave]")) e.addEventListener("click", () => leave(endedUrl, signedOut));
  document.addEventListener("input", typed);
  document.addEventListener("submit", (e) => {
    if (!e.target.matches('[action="/logout"]')) return;
    over = true; // the answer to the form is where this page goes
    channel.postMessage({ t: "ended", sid: page.sid });
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return paint();
    if (sinceAsked() > SOON) look(); // a hidden page is told nothing
    wake();
  });
  document.addEventListener("resume", wake);
  addEventListener("focus", wake);
  addEventListener("online", wake);
  // A page that goes into the browser's memory goes covered, and stays so until the server has answered.
  const keepCovered = (e) => { if (e.persisted) { covered = true; paint(); } };
  addEventListener("pagehide", keepCovered);
  addEventListener("pageshow", (e) => {
    if (!e.persisted) return;
    over = false;
    keepCovered(e);
    look();
  });
  // Any page of this origin can write here: a reason to ask the server, never a fact.
  channel.onmessage = ({ data }) => {
    const ended = data?.t === "ended" && data.sid === page.sid;
    if (lost || ended || (warned || data?.t === "flagged") && data?.sid === page.sid) look();
    if (!ended) return;
    clearTimeout(again); // a sign-out is told when it is asked for, and done a moment later
    again = setTimeout(look, SOON);
  };

  // What the stream says is a fact: cover first, ask second. Other windows of this browser are told.
  function hear({ type }) {
    if (over || lost) return;
    if (type === "flagged") channel.postMessage({ t: "flagged", sid: page.sid });
    if (type === "ended") covered = true;
    if (type !== "extended" || warned) look();
    paint();
  }

  // One visible tab of a browser holds the stream. Without it pages ask as they do anyway.
  let stream, streamTimer, wait = FIRST, release, waiting;
  function listen() {
    let settled;
    stream = new EventSource("/session/live");
    for (const type of ["ended", "flagged", "extended"]) stream.addEventListener(type, hear);
    stream.onopen = () => { settled = setTimeout(() => { wait = FIRST; }, AWAY); };
    stream.onerror = () => { // many pages may lose theirs at once, so each comes back at its own time
      clearTimeout(settled);
      stream.close();
      streamTimer = setTimeout(listen, wait * (0.5 + Math.random()));
      wait = Math.min(2 * wait, AWAY);
    };
  }

  function hold() {
    if (waiting || document.hidden) return;
    waiting = new AbortController();
    if (!navigator.locks) return listen();
    const { signal } = waiting;
    navigator.locks.request("live", { signal }, () => new Promise((done) => {
      if (signal.aborted) return done();
      release = done;
      listen();
    })).catch(() => {});
  }

  // A page with a stream or a lock would not go into the browser's memory.
  function letGo() {
    clearTimeout(streamTimer);
    stream?.close();
    waiting?.abort();
    release?.();
    stream = waiting = release = undefined;
  }

  const follow = () => (document.hidden ? letGo() : hold());
  document.addEventListener("visibilitychange", follow);
  addEventListener("pagehide", letGo);
  addEventListener("pageshow", follow);

  adopt({ idle_ms: +page.idleMs, absolute_ms: +page.absoluteMs });
  channel.postMessage({ t: "active", sid: page.sid });
  tick();
  hold();
})();
