/* The page of reports: while one is being made, look again every two seconds. Without scripts, loading the page again
   shows how far it is. */
"use strict";

async function renew() {
  const shown = document.querySelector("[data-renew]");
  if (!shown?.hasAttribute("data-busy")) return;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-renew]");
    if (answer.ok && fresh && !shown.contains(document.activeElement)) shown.replaceWith(fresh);
  } catch {
    // The server cannot be reached: the next look may succeed.
  }
  setTimeout(renew, 2000);
}

setTimeout(renew, 2000);
