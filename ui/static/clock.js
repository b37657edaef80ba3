// The clocks of the inspector, ticking. The server wrote each once, and says on the body how long it has left.
(() => {
  "use strict";
  const clocks = document.querySelectorAll("[data-clock]"), page = document.body.dataset, began = performance.now();
  const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

  const words = (s) => {
    const parts = [];
    for (const [name, size] of units) {
      const n = Math.floor(s / size);
      if (n > 0 && parts.length < 2 && (name !== "day" || n > 1)) {
        parts.push(n === 1 ? `1 ${name}` : `${n} ${name}s`);
        s -= n * size;
      }
    }
    return parts.join(" ") || "less than a second";
  };

  let used = false;
  setInterval(() => {
    for (const e of clocks) {
      const left = page[`${e.dataset.clock}Ms`] - (performance.now() - began);
      if (!used || e.dataset.clock !== "idle") e.textContent = words(Math.max(0, Math.floor(left / 1000)));
    }
  }, 1000);

  // Use in another tab, or "Stay signed in" on this one, begins the idle time again: what stands here is then too little.
  new BroadcastChannel("session").onmessage = ({ data }) => {
    if (data?.sid !== page.sid || data.t === "ended") return;
    used = true;
    for (const e of clocks) if (e.dataset.clock === "idle") e.textContent = "begun again, load this page to see it";
  };
})();
