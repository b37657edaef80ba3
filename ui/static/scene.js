// A scene that goes on: how far it is, is asked for until that changes, and then the page is loaded again. Asking is no activity
// of the session, and without this script the page says how to look.
(() => {
  "use strict";
  const stage = document.querySelector("[data-stage]").dataset.stage, began = performance.now();
  const EVERY = 1_500, LONGEST = 150_000;

  async function look() {
    try {
      const answer = await fetch(location.pathname + "/stage", { cache: "no-store", redirect: "error" });
      if (answer.ok && (await answer.json()).stage !== stage) return location.reload();
    } catch { /* ended, or out of reach: what covers the page says so */ }
    if (performance.now() - began < LONGEST) setTimeout(look, EVERY);
  }
  setTimeout(look, EVERY);
})();
