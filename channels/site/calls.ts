/** Calls of a page to Sojourn. A text as the body makes them simple ones, which no browser asks permission for first. */

export interface Button {
  text: string;
  link: string;
}

export interface Content {
  html: string;
  title: string;
  body: string;
  image: string;
  link: string;
  buttons: Button[];
  values: Record<string, string>;
  trigger?: Trigger;
  place?: string;
}

export interface Trigger {
  when: "now" | "after" | "idle" | "scroll" | "leaving";
  seconds?: number | null;
  percent?: number | null;
}

/** A message as the API gives it; `message` is the key by which acks name it. */
export interface Message {
  message: string;
  channel: "web_popup" | "exit_intent" | "web_native" | "app_inbox";
  priority: number;
  viewed: boolean;
  content: Content;
}

export class Refused extends Error {
  constructor(
    readonly status: number,
    sentence: string,
  ) {
    super(sentence);
  }
}

/** The answer of `api`/`path`. Throws Refused, or a TypeError when there is no connection. */
export async function call<T>(api: string, path: string, body?: unknown): Promise<T> {
  const settings: RequestInit = { credentials: "omit", keepalive: true }; // keepalive: though the page is left
  if (body !== undefined) Object.assign(settings, { method: "POST", body: JSON.stringify(body) });
  const reply = await fetch(`${api}/${path}`, settings);
  const answer = await reply.json().catch(() => ({}));
  if (!reply.ok) throw new Refused(reply.status, answer.error ?? `Sojourn answered ${reply.status}.`);
  return answer as T;
}

/** Tell what became of a message; whether that arrived is not waited for. */
export function ack(api: string, message: string, outcome: "viewed" | "clicked", url?: string): Promise<unknown> {
  const told = { message, outcome, ...(url ? { url: url.slice(0, 2000) } : {}) };
  return call(api, "messages/ack", { acks: [told] }).catch(() => undefined);
}

/** An address that may be opened: of the web, a mail or a call, and nothing that runs. */
export function safe(url: string, base?: string): string | null {
  try {
    const parsed = new URL(url, base);
    return ["http:", "https:", "mailto:", "tel:"].includes(parsed.protocol) ? parsed.href : null;
  } catch {
    return null;
  }
}
