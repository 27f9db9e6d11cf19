/** What a page waits for before it shows a message (domain 5.1). */

import type { Trigger } from "./calls";

const ACTIVITY = ["pointermove", "pointerdown", "keydown", "scroll", "touchstart"] as const;

/** Call `fire` each time that the trigger comes; returns what ends the waiting. */
export function wait(trigger: Trigger, fire: () => void): () => void {
  const ended = new AbortController();
  const listening = { signal: ended.signal, passive: true };
  let timer: number | undefined;
  const later = (seconds: number) => {
    clearTimeout(timer);
    timer = window.setTimeout(fire, seconds * 1000);
  };
  ended.signal.addEventListener("abort", () => clearTimeout(timer));
  switch (trigger.when) {
    case "now":
      later(0);
      break;
    case "after":
      later(trigger.seconds ?? 0);
      break;
    case "idle":
      later(trigger.seconds ?? 0);
      for (const name of ACTIVITY) window.addEventListener(name, () => later(trigger.seconds ?? 0), listening);
      break;
    case "scroll": {
      const look = () => scrolled() >= (trigger.percent ?? 0) && later(0);
      window.addEventListener("scroll", look, listening);
      look();
      break;
    }
    case "leaving": // towards the tabs and the address
      document.documentElement.addEventListener("mouseleave", (event) => event.clientY <= 0 && fire(), listening);
  }
  return () => ended.abort();
}

/** How far down the page one has come, in per cent. */
function scrolled(): number {
  return (100 * (window.scrollY + window.innerHeight)) / document.documentElement.scrollHeight;
}
