/* The page of a list: look at a file before it is sent, send it in pieces, follow it while it is read. Without scripts the
   form sends the file as it is, and the page says how it went when it is loaded again. */
"use strict";

const LOOK = 65536; // bytes that are looked at
const PIECE = 2 * 1024 * 1024; // bytes sent at once
const TRIES = 5; // for a piece, while the connection is down
const count = (value) => value.toLocaleString("en");
const megabytes = (bytes) => `${(bytes / 1048576).toFixed(bytes < 10485760 ? 1 : 0)} MB`;
const wait = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds); });
const duration = (seconds) => (seconds < 90 ? `${seconds} s` : seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`);

function token() {
  return document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? ""; // none for those who may only look
}

/* A call: its JSON, or an Error with the server's sentence. `status` is 0 when the server was not reached. */
async function call(url, options = {}) {
  let answer;
  try {
    answer = await fetch(url, { ...options, headers: { "X-CSRFToken": token(), Accept: "application/json", ...options.headers } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw Object.assign(new Error("The server cannot be reached."), { status: 0 });
  }
  const told = answer.headers.get("Content-Type")?.startsWith("application/json") ? await answer.json() : {};
  if (answer.ok) return told;
  throw Object.assign(new Error(told.message || `The server answered ${answer.status}.`), { status: answer.status, offset: told.offset });
}

function serveForm(form) {
  const input = form.querySelector("input[type=file]");
  const [column, kind, name, mode] = ["column", "type", "name", "mode"].map((key) => form.elements[key]);
  const shown = form.querySelector("[data-shown]");
  const problem = form.querySelector("[data-problem]");
  const remark = form.querySelector("[data-remark]");
  const table = form.querySelector("[data-table]");
  const sending = form.querySelector("[data-sending]");
  const button = form.querySelector("[type=submit]");
  const stop = form.querySelector("[data-stop]");
  let looks = 0; // answers to earlier looks are dropped
  let busy = false;

  /* The column is chosen from the file's own; until there is one, nothing can be. */
  const choice = document.createElement("select");
  choice.className = kind.className;
  choice.name = column.name;
  choice.id = column.id;
  choice.disabled = true;
  choice.append(new Option("Type and Identity", ""));
  column.replaceWith(choice);

  const drop = document.createElement("div");
  drop.className = "sj-drop";
  const hint = document.createElement("span");
  hint.className = "hint";
  hint.textContent = "Drop a CSV file here, or choose one.";
  input.before(drop);
  drop.append(hint, input);

  const complain = (text) => {
    problem.textContent = text;
    problem.hidden = !text;
    button.disabled = busy || Boolean(text);
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

  const send = async (file, stopped) => {
    const progress = sending.querySelector("progress");
    const sent = sending.querySelector("[data-sent]");
    const begun = await call(form.dataset.begin, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ name: name ? name.value : form.dataset.name, mode: mode ? mode.value : "create", file_name: file.name, size: file.size, column: choice.value, type: kind.value }),
    });
    const cancel = () => call(`${begun.url}cancel/`, { method: "POST" });
    let offset = 0;
    let tries = 0;
    const began = performance.now();
    while (offset < file.size) {
      try {
        offset = (await call(begun.url, {
          method: "PATCH", body: file.slice(offset, offset + PIECE), signal: stopped,
          headers: { "Content-Type": "application/octet-stream", "Upload-Offset": String(offset) },
        })).offset;
        tries = 0;
      } catch (error) {
        if (stopped.aborted) { await cancel(); throw error; }
        if (error.status === 409 && error.offset !== undefined && tries++ < TRIES) { offset = error.offset; continue; }
        if ((error.status !== 0 && error.status < 500) || tries++ >= TRIES) throw error;
        sent.textContent = `${error.message} Trying again …`;
        await wait(1000 * tries);
        continue;
      }
      const seconds = (performance.now() - began) / 1000;
      progress.value = offset / file.size;
      sent.textContent = `${megabytes(offset)} of ${megabytes(file.size)}, ${duration(Math.round((seconds * (file.size - offset)) / offset))} left`;
    }
    return (await call(`${begun.url}complete/`, { method: "POST" })).page;
  };

  form.addEventListener("submit", async (event) => {
    const file = input.files[0];
    if (!file) return; // the server says what is missing
    event.preventDefault();
    if (busy) return;
    const control = new AbortController();
    stop.onclick = () => control.abort();
    busy = true;
    complain("");
    [sending.hidden, stop.hidden] = [false, false];
    try {
      window.location.assign(await send(file, control.signal));
      return; // the form stays as it is until the next page is there
    } catch (error) {
      busy = false;
      [sending.hidden, stop.hidden] = [true, true];
      complain(control.signal.aborted ? "" : error.message);
      button.disabled = false; // to try again
      if (control.signal.aborted && !name) window.location.reload();
    }
  });
  input.addEventListener("change", () => look(true));
  choice.addEventListener("change", choose);
  kind.addEventListener("change", () => look(false));
  for (const type of ["dragenter", "dragover"]) {
    form.addEventListener(type, (event) => { event.preventDefault(); drop.classList.add("over"); });
  }
  for (const type of ["dragleave", "drop"]) form.addEventListener(type, () => drop.classList.remove("over"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    if (busy || !event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    look(true);
  });
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
