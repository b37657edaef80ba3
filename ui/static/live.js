// The stream of what becomes of this session elsewhere. One visible tab of a browser holds it and says here what it hears;
// idle.js does the rest. Without it pages ask the server as they do anyway.
(() => {
  "use strict";
  const FIRST = 1_000, LONGEST = 60_000; // between a stream that was closed and the next, in milliseconds
  let stream, timer, wait = FIRST, release, waiting;

  function open() {
    let settled;
    stream = new EventSource("/session/live");
    for (const what of ["ended", "flagged", "extended"]) {
      stream.addEventListener(what, () => document.dispatchEvent(new CustomEvent("live", { detail: what })));
    }
    stream.onopen = () => { settled = setTimeout(() => { wait = FIRST; }, LONGEST); };
    // Many pages may lose theirs at once: each comes back at its own time.
    stream.onerror = () => {
      clearTimeout(settled);
      stream.close();
      timer = setTimeout(open, wait * (0.5 + Math.random()));
      wait = Math.min(2 * wait, LONGEST);
    };
  }

  function hold() {
    if (waiting || document.hidden) return;
    waiting = new AbortController();
    if (!navigator.locks) return open();
    navigator.locks.request("live", { signal: waiting.signal }, () => new Promise((done) => {
      release = done;
      open();
    })).catch(() => {});
  }

  function letGo() {
    clearTimeout(timer);
    stream?.close();
    waiting?.abort();
    release?.();
    stream = waiting = release = undefined;
  }

  const follow = () => (document.hidden ? letGo() : hold());
  document.addEventListener("visibilitychange", follow);
  addEventListener("pagehide", letGo); // a page with a stream or a lock is not restored from memory
  addEventListener("pageshow", follow);
  follow();
})();
