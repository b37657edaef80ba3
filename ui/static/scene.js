// A scene that goes on: its page is asked for until it says something else, and then loaded again. Asking is no activity of the
// session, and without this script the page says how to look.
(() => {
  "use strict";
  const stage = document.querySelector("[data-stage]").dataset.stage, began = performance.now();
  const EVERY = 1_500, LONGEST = 150_000;

  async function look() {
    try {
      const page = await (await fetch(location.pathname, { cache: "no-store", redirect: "error" })).text();
      const now = /data-stage="([a-z]*)"/.exec(page);
      if (now && now[1] !== stage) return location.reload();
    } catch { /* ended, or out of reach: what covers the page says so */ }
    if (performance.now() - began < LONGEST) setTimeout(look, EVERY);
  }
  setTimeout(look, EVERY);
})();
