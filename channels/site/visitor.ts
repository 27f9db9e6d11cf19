/** Who is there, kept in the browser: an object ID drawn at random, and the session that is under way. */

export const IDLE = 20 * 60_000; // ms without a page that end a session (domain 1)
const PLACE = "sojourn";

export interface Visitor {
  id: string;
  /** Proof that the ID is a known person's; null while anonymous. */
  signature: string | null;
  session: string;
  /** When a page was seen last, in ms since 1970. */
  seen: number;
}

export function fresh(): Visitor {
  return { id: uuid(), signature: null, session: "", seen: 0 };
}

/** The visitor at a page that is seen now: in a session of theirs, a new one if the last is over. */
export function at(visitor: Visitor, now: number): Visitor {
  const over = !visitor.session || now - visitor.seen >= IDLE;
  return { ...visitor, seen: now, session: over ? uuid().slice(0, 8) : visitor.session };
}

export function load(): Visitor {
  try {
    const kept = JSON.parse(localStorage.getItem(PLACE) ?? "null");
    if (kept && typeof kept.id === "string") return { ...fresh(), ...kept };
  } catch {
    // nothing is kept, or nothing may be: then a visitor lasts as long as the page
  }
  return fresh();
}

export function keep(visitor: Visitor): Visitor {
  try {
    localStorage.setItem(PLACE, JSON.stringify(visitor));
  } catch {
    // likewise
  }
  return visitor;
}

/** Where a page is and where its visitor came from, as Page Visited tells it. */
export function pageOf(url: string, referrer: string): Record<string, string> {
  const told: Record<string, string> = { url: url.slice(0, LONGEST), referrer: referrer.slice(0, LONGEST) };
  for (const [name, value] of new URL(url).searchParams)
    if (/^utm_(source|medium|campaign|term|content)$/.test(name)) told[name] = value.slice(0, LONGEST);
  return told;
}

const LONGEST = 512; // characters of a property's value

export function uuid(): string {
  if (crypto.randomUUID) return crypto.randomUUID(); // missing on pages without HTTPS
  const bytes = [...crypto.getRandomValues(new Uint8Array(16))];
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.map((it) => it.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
