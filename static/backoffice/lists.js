/* The page of a list: look at a file before it is sent (files.js sends it), follow it while it is read. Without scripts the
   form sends the file as it is, and the page says how it went when it is loaded again. */
"use strict";

const LOOK = 65536; // bytes that are looked at
const { call, duration, megabytes, serve } = window.sojournFiles;
const count = (value) => value.toLocaleString("en");

function serveForm(form) {
  const input = form.querySelector("input[type=file]");
  const [column, kind, name, mode] = ["column", "type", "name", "mode"].map((key) => form.elements[key]);
  const shown = form.querySelector("[data-shown]");
  const problem = form.querySelector("[data-problem]");
  const remark = form.querySelector("[data-remark]");
  const table = form.querySelector("[data-table]");
  const button = form.querySelector("[type=submit]");
  let looks = 0; // answers to earlier looks are dropped
  let busy = () => false;

  /* The column is chosen from the file's own; until there is one, nothing can be. */
  const choice = document.createElement("select");
  choice.className = kind.className;
  choice.name = column.name;
  choice.id = column.id;
  choice.disabled = true;
  choice.append(new Option("Type and Identity", ""));
  column.replaceWith(choice);

  const complain = (text) => {
    problem.textContent = text;
    problem.hidden = !text;
    button.disabled = busy() || Boolean(text);
    if (text) shown.hidden = false;
  };

  const draw = (header, rows) => {
    if (!header.length) { table.replaceChildren(); return; }
    const chosen = header.map((text) => (choice.value ? text === choice.value : /^(type|identity)$/i.test(text)));
    const grid = document.createElement("table");
    grid.className = "sj-table";
    const line = (cells, tag, into) => {
      const row = into.insertRow();
      cells.slice(0, 50).forEach((text, place) => {
        const cell = document.createElement(tag);
        cell.textContent = text;
        if (chosen[place]) cell.className = "chosen";
        row.append(cell);
      });
    };
    line(header, "th", grid.createTHead());
    const body = grid.createTBody();
    for (const cells of rows) line(cells, "td", body);
    table.replaceChildren(grid);
  };

  const look = async (guess) => {
    const file = input.files[0];
    const mine = ++looks;
    if (!file) { shown.hidden = true; return; }
    button.disabled = true; // until it has been seen
    if (file.size > Number(form.dataset.largest)) {
      table.replaceChildren();
      complain(`The file has ${megabytes(file.size)}; at most ${megabytes(Number(form.dataset.largest))} are possible here. Larger files go through the API or manage.py import_list.`);
      return;
    }
    const asked = new URLSearchParams({ whole: file.size <= LOOK ? "1" : "0" });
    if (!guess && choice.value && kind.value) { asked.set("column", choice.value); asked.set("type", kind.value); }
    try {
      const head = await file.slice(0, LOOK).arrayBuffer();
      const seen = await call(`${form.dataset.preview}?${asked}`, { method: "POST", body: head, headers: { "Content-Type": "application/octet-stream" } });
      if (mine !== looks) return;
      if (guess) {
        const names = [...new Set(seen.header.filter(Boolean))];
        const documented = ["type", "identity"].every((key) => names.some((text) => text.toLowerCase() === key));
        choice.replaceChildren(...(documented || !names.length ? [new Option("Type and Identity", "")] : [new Option("Choose …", "")]), ...names.map((text) => new Option(text, text)));
        choice.value = seen.column ?? "";
        kind.value = seen.type ?? "";
        choice.disabled = !names.length;
      }
      kind.disabled = !choice.value;
      shown.hidden = false;
      remark.textContent = seen.remark;
      remark.hidden = !seen.remark;
      draw(seen.header, seen.rows);
      complain(seen.problem);
    } catch (error) {
      if (mine === looks) complain(error.status === undefined ? `The file cannot be read: ${error.message}` : error.message);
    }
  };

  const choose = () => {
    if (!choice.value) kind.value = "";
    else if (!kind.value) kind.value = "identity";
    kind.disabled = !choice.value;
    look(false);
  };

  busy = serve(form, {
    asked: (file) => ({
      name: name ? name.value : form.dataset.name,
      mode: mode ? mode.value : "create",
      file_name: file.name,
      size: file.size,
      column: choice.value,
      type: kind.value,
    }),
    complain,
    chosen: () => look(true),
    stopped: () => { if (!name) window.location.reload(); },
  });
  choice.addEventListener("change", choose);
  kind.addEventListener("change", () => look(false));
  if (input.files.length) look(true); // kept by the browser over a reload
}

/* A file that is read: everything is in its row, so a page that is loaded again goes on where it was. */
function followUpload(root) {
  const bar = root.querySelector("progress");
  const step = root.querySelector("[data-step]");
  const figures = root.querySelector("[data-figures-of-upload]");
  const cancel = root.querySelector("[data-cancel-button]");
  let pause = 500;
  const show = (it) => {
    bar.value = it.fraction;
    step.textContent = it.step || "waiting for a worker";
    const parts = [`${count(it.rows)} rows read`];
    if (it.rate) parts.push(`${count(it.rate)} a second`);
    if (it.seconds_left !== null) parts.push(`about ${duration(it.seconds_left)} left`);
    figures.textContent = parts.join(", ");
  };
  const renew = async () => {
    try {
      if (!document.hidden) {
        const it = await call(root.dataset.url);
        if (it.state === "uploading") return;
        if (it.state !== "processing") { window.location.reload(); return; }
        show(it);
        pause = 500;
      }
    } catch {
      pause = Math.min(pause * 2, 30000);
    }
    setTimeout(renew, pause);
  };
  cancel?.addEventListener("click", async () => {
    cancel.disabled = true;
    try {
      await call(root.dataset.cancel, { method: "POST" });
      window.location.reload();
    } catch (error) {
      figures.textContent = error.message;
    }
  });
  renew();
}

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("[data-list-form]").forEach(serveForm);
  document.querySelectorAll("[data-progress]").forEach(followUpload);
});
