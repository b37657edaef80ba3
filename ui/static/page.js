// What pages do better with a script than without one. None of it is needed.
(() => {
  "use strict";
  const each = (selector, change, within = document) => within.querySelectorAll(selector).forEach(change);

  const button = (words, press) => {
    const e = document.createElement("button");
    e.type = "button";
    e.className = "btn small";
    e.textContent = words;
    e.addEventListener("click", press);
    return e;
  };

  // What people would have to type elsewhere can be copied, over https, and the password of a demo be filled in where it is asked for.
  const current = document.querySelector('main input[autocomplete="current-password"]');
  if (current) each(".demo code", (e) => e.after(" ", button("Fill in", () => {
    current.value = e.textContent;
    current.dispatchEvent(new Event("input", { bubbles: true }));
    current.focus();
  })));
  if (navigator.clipboard) each(".demo code, [data-copy]", (e) => e.after(" ", button("Copy", async ({ target }) => {
    await navigator.clipboard.writeText(e.textContent);
    target.textContent = "Copied";
  })));

  // What was typed can be read, by whoever looks at the screen, until it is sent.
  each('input[type="password"]', (field) => {
    const show = button("Show password", () => {
      const hidden = field.type === "password";
      field.type = hidden ? "text" : "password";
      show.textContent = hidden ? "Hide password" : "Show password";
      field.focus();
    });
    show.dataset.show = field.id;
    field.after(show);
    field.form.addEventListener("submit", () => { field.type = "password"; });
  });

  // A form whose answer is a file stays open, so what was typed goes once it is sent.
  each("[data-downloads]", (form) => {
    form.addEventListener("submit", () => setTimeout(() => {
      each('input[autocomplete="current-password"], #code', (field) => { field.value = ""; }, form);
      each("[data-downloading]", (said) => { said.hidden = false; }, form);
    }));
  });

  // A phone shows the keys of digits for a code, and letters for whoever has a recovery code.
  each("[data-digits]", (field) => {
    field.inputMode = "numeric";
    field.after(button("Type a recovery code", ({ target }) => {
      field.inputMode = "text";
      target.remove();
      field.focus();
    }));
  });

  // The server writes times in UTC and says so, because it does not know where the reader is. The browser does.
  const part = (at, options) => at.toLocaleString("en-GB", options);
  const hour = (at) => part(at, { hour: "2-digit", minute: "2-digit" });
  const date = (at) => part(at, { day: "numeric", month: "long", year: "numeric" });
  const day = (at) => part(at, { weekday: "long", day: "numeric", month: "long", year: "numeric" }).replace(",", "");
  const kinds = {
    hour, day, clock: (at) => `${date(at)}, ${hour(at)}`, date: (at) => `on ${date(at)}`,
    end: (at) => `${hour(at)} on ${part(at, { day: "numeric", month: "long" })}`,
  };
  each("time", (e) => {
    const kind = kinds[e.dataset.as ?? (/^\d\d:\d\d UTC$/.test(e.textContent) && "hour")];
    if (kind) e.textContent = kind(new Date(e.dateTime));
  });
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
