/* Behaviour of our own pages; each part does nothing where its element is missing. */
"use strict";

/* Home: figures renew themselves. A slow or failing server is asked less often; a hidden page asks nothing. */
function renewFigures(root) {
  const every = Number(root.dataset.seconds) * 1000;
  let pause = every;
  const number = (value) => value.toLocaleString("en");
  const lag = (seconds) => (seconds < 1 ? "0 s" : seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`);
  const show = (figures) => {
    for (const place of root.querySelectorAll("[data-figure]")) {
      const value = figures[place.dataset.figure];
      const text = place.dataset.kind === "lag" ? lag(value) : typeof value === "number" ? number(value) : value;
      if (place.textContent !== text) place.textContent = text;
    }
    const rows = root.querySelector("[data-journeys]");
    if (!rows) return;
    rows.replaceChildren(...figures.journeys.map((journey) => {
      const row = document.createElement("tr");
      const name = row.insertCell();
      const link = document.createElement("a");
      link.className = "link";
      link.href = journey.url;
      link.textContent = journey.name || "(no name)";
      name.append(link);
      const state = document.createElement("span");
      state.className = `sj-label ${journey.state}`;
      state.textContent = journey.state;
      row.insertCell().append(state);
      for (const key of ["inside", "entered_today", "sent"]) {
        const cell = row.insertCell();
        cell.className = "number";
        cell.textContent = number(journey[key]);
      }
      return row;
    }));
  };
  const renew = async () => {
    try {
      if (!document.hidden) {
        const answer = await fetch(root.dataset.url, { headers: { Accept: "application/json" }, redirect: "error" });
        if (!answer.ok) throw new Error(String(answer.status));
        show(await answer.json());
        root.querySelector("[data-stale]").hidden = true;
      }
      pause = every;
    } catch {
      root.querySelector("[data-stale]").hidden = false;
      pause = Math.min(pause * 2, 60000);
    }
    setTimeout(renew, pause);
  };
  setTimeout(renew, pause);
}

/* Editor: line numbers beside the text, marks where the findings are, and a jump to each of them. */
function serveEditor(root) {
  const text = root.querySelector("textarea");
  const gutter = root.querySelector(".lines");
  const height = 20; // pixels a line, as in the style sheet
  const marks = new Map();
  const findings = [...document.querySelectorAll("[data-line]")];
  for (const finding of findings) {
    const line = Number(finding.dataset.line);
    if (marks.get(line) !== "error") marks.set(line, finding.dataset.level);
  }
  let drawn = 0;
  const number = () => {
    const lines = text.value.split("\n").length;
    if (lines === drawn) return;
    drawn = lines;
    gutter.replaceChildren(...Array.from({ length: lines }, (_, index) => {
      const line = document.createElement("span");
      line.textContent = index + 1;
      if (marks.has(index + 1)) line.className = marks.get(index + 1);
      return line;
    }));
  };
  const follow = () => { gutter.scrollTop = text.scrollTop; };
  const jump = (line) => {
    const before = text.value.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    const end = text.value.indexOf("\n", before);
    root.scrollIntoView({ block: "nearest" });
    text.focus({ preventScroll: true });
    text.setSelectionRange(before, end < 0 ? text.value.length : end);
    text.scrollTop = Math.max(0, (line - 6) * height);
    follow();
  };
  for (const finding of findings) finding.addEventListener("click", () => jump(Number(finding.dataset.line)));
  text.addEventListener("input", number);
  text.addEventListener("scroll", follow);
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Tab" || event.shiftKey || event.ctrlKey || event.altKey || text.readOnly) return;
    event.preventDefault();
    text.setRangeText("  ", text.selectionStart, text.selectionEnd, "end");
  });
  // Unsaved work is not lost by a stray click; leaving by one of the form's own buttons is meant.
  const kept = text.defaultValue;
  const unsaved = root.dataset.unsaved === "true";
  let leaving = false;
  text.form?.addEventListener("submit", () => { leaving = true; });
  window.addEventListener("beforeunload", (event) => {
    if (!leaving && (unsaved || text.value !== kept)) event.preventDefault();
  });
  number();
}

/* A part of a page that shows work under way: fetched anew until the server says that it is over. */
function renewPart(part) {
  setTimeout(async () => {
    let next = part;
    try {
      const answer = document.hidden ? null : await fetch(location.href, { redirect: "error" });
      if (answer?.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        next = page.getElementById(part.id) ?? part;
      }
    } catch {
      // The server is away for a moment; it is asked again.
    }
    if (next !== part) part.replaceWith(next);
    if (next.hasAttribute("data-renew")) renewPart(next);
  }, 2000);
}

/* A person's page: choosing a journey shows why, without leaving the page. */
function serveWhy(form) {
  const choice = form.elements.journey;
  let last = 0;
  const show = async (journey) => {
    const asked = ++last;
    const address = `?${new URLSearchParams({ journey })}`;
    document.getElementById("why").setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(address, { redirect: "error" });
      if (!answer.ok) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (asked !== last) return; // another journey was chosen meanwhile
      document.getElementById("why").replaceWith(page.getElementById("why"));
      choice.value = journey;
      choice.querySelector("option[value='']")?.remove();
      history.replaceState(null, "", address);
    } catch {
      location.search = address; // the server says in full what is wrong
    }
  };
  form.querySelector("button").hidden = true;
  choice.addEventListener("change", () => { if (choice.value) show(choice.value); });
  form.addEventListener("submit", (event) => { event.preventDefault(); if (choice.value) show(choice.value); });
  for (const link of document.querySelectorAll("a[data-why]")) {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      show(link.dataset.why).then(() => form.closest(".sj-card").scrollIntoView({ block: "start" }));
    });
  }
}

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("[data-why-form]").forEach(serveWhy);
  document.querySelectorAll("[data-renew]").forEach(renewPart);
  document.querySelectorAll("[data-figures]").forEach(renewFigures);
  document.querySelectorAll(".sj-editor").forEach(serveEditor);
});
