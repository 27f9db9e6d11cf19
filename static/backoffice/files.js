/* A form with a file in it that is dropped or chosen, and sent in pieces: so a broken connection costs one piece, and the
   page says how far it is. Pages of their own look at the file first (lists.js) or need no more than this ([data-file-form]).
   Without scripts the form sends the file as it is. */
"use strict";

window.sojournFiles = (() => {
  const PIECE = 2 * 1024 * 1024; // bytes sent at once
  const TRIES = 5; // for a piece, while the connection is down
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

  /* Send a file: begun at `url` with `asked`, then piece by piece, then completed. Gives the address of the next page.
     told: shown how far it is, as a part of 1 and in words. */
  async function send(file, { url, asked, stopped, told }) {
    const begun = await call(url, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(asked) });
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
        told(offset / file.size, `${error.message} Trying again …`);
        await wait(1000 * tries);
        continue;
      }
      const seconds = (performance.now() - began) / 1000;
      const left = duration(Math.round((seconds * (file.size - offset)) / offset));
      told(offset / file.size, `${megabytes(offset)} of ${megabytes(file.size)}, ${left} left`);
    }
    return (await call(`${begun.url}complete/`, { method: "POST" })).page;
  }

  /* Serve a form with data-begin and, in it, [data-sending] and [data-stop].
     asked(file): what the upload begins with. complain(text): shows why it cannot be sent; "": nothing is wrong.
     chosen(): there is another file. given up: stopped(). Gives a function that says whether it is sending. */
  function serve(form, { asked, complain, chosen, stopped = () => {} }) {
    const input = form.querySelector("input[type=file]");
    const sending = form.querySelector("[data-sending]");
    const progress = sending.querySelector("progress");
    const words = sending.querySelector("[data-sent]");
    const button = form.querySelector("[type=submit]");
    const stop = form.querySelector("[data-stop]");
    let busy = false;
    input.hasChangeListener = true; // else unfold writes the file's name into the form's first text field

    const drop = document.createElement("div");
    drop.className = "sj-drop";
    const hint = document.createElement("span");
    hint.className = "hint";
    hint.textContent = "Drop a CSV file here, or choose one.";
    input.before(drop);
    drop.append(hint, input);

    form.addEventListener("submit", async (event) => {
      const file = input.files[0];
      if (!file) return; // the server says what is missing
      event.preventDefault();
      if (busy) return;
      const control = new AbortController();
      stop.onclick = () => control.abort();
      busy = true;
      complain("");
      button.disabled = true;
      [sending.hidden, stop.hidden] = [false, false];
      try {
        const told = (part, text) => { progress.value = part; words.textContent = text; };
        window.location.assign(await send(file, { url: form.dataset.begin, asked: asked(file), stopped: control.signal, told }));
        return; // the form stays as it is until the next page is there
      } catch (error) {
        busy = false;
        [sending.hidden, stop.hidden] = [true, true];
        complain(control.signal.aborted ? "" : error.message);
        button.disabled = false; // to try again
        if (control.signal.aborted) stopped();
      }
    });
    input.addEventListener("change", chosen);
    for (const type of ["dragenter", "dragover"]) {
      form.addEventListener(type, (event) => { event.preventDefault(); drop.classList.add("over"); });
    }
    for (const type of ["dragleave", "drop"]) form.addEventListener(type, () => drop.classList.remove("over"));
    form.addEventListener("drop", (event) => {
      event.preventDefault();
      if (busy || !event.dataTransfer.files.length) return;
      input.files = event.dataTransfer.files;
      chosen();
    });
    return () => busy;
  }

  /* A form that sends a file and nothing else. */
  function serveFile(form) {
    const input = form.querySelector("input[type=file]");
    const problem = form.querySelector("[data-problem]");
    const button = form.querySelector("[type=submit]");
    const complain = (text) => {
      problem.textContent = text;
      problem.hidden = !text;
      button.disabled = Boolean(text);
    };
    const chosen = () => {
      const [size, largest] = [input.files[0]?.size ?? 0, Number(form.dataset.largest)];
      complain(size > largest ? `The file has ${megabytes(size)}; at most ${megabytes(largest)} are possible.` : "");
    };
    serve(form, { asked: (file) => ({ file_name: file.name, size: file.size }), complain, chosen });
    if (input.files.length) chosen(); // kept by the browser over a reload
  }

  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-file-form]").forEach(serveFile));
  return { call, duration, megabytes, serve };
})();
