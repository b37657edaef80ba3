// What pages do better with a script than without one. None of it is needed.
(() => {
  "use strict";
  const each = (selector, change, within = document) => within.querySelectorAll(selector).forEach(change);

  // The server writes times in UTC and says so, because it does not know where the reader is. The browser does.
  const part = (at, options) => at.toLocaleString("en-GB", options);
  const hour = (at) => part(at, { hour: "2-digit", minute: "2-digit" });
  const date = (at) => part(at, { day: "numeric", month: "long", year: "numeric" });
  const day = (at) => part(at, { weekday: "long", day: "numeric", month: "long", year: "numeric" }).replace(",", "");
  const kinds = {
    hour, day, clock: (at) => `${date(at)}, ${hour(at)}`, date: (at) => `on ${date(at)}`,
    end: (at) => `${hour(at)} on ${part(at, { day: "numeric", month: "long" })}`,
  };
  each("time[data-as]", (e) => { e.textContent = kinds[e.dataset.as](new Date(e.dateTime)); });
  each("time[title]", (e) => { e.title = kinds.clock(new Date(e.dateTime)); });
  each("[data-zone]", (e) => { e.textContent = "Times are those of your clock."; });

  // A list by days has other days where the reader is.
  const sections = [...document.querySelectorAll("section[data-day]")];
  const events = sections.flatMap((s) => [...s.querySelectorAll("li")]);
  let last, before = sections[0]?.previousElementSibling;
  events.forEach((li, n) => {
    const words = day(new Date(li.querySelector("time").dateTime));
    if (last?.words !== words) {
      const section = sections[0].cloneNode(true), heading = section.querySelector("h2"), list = section.querySelector("ol");
      heading.id = `day-${n}`;
      heading.textContent = words;
      section.setAttribute("aria-labelledby", heading.id);
      list.replaceChildren();
      before.after(section);
      before = section;
      last = { words, list };
    }
    last.list.append(li);
  });
  sections.forEach((s) => s.remove());
})();
