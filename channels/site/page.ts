/** In a page of the site: who is there, what they do, and what they should be shown now. */

import { ack, call, type Message, Refused, safe } from "./calls";
import { inside, overlay } from "./show";
import { wait } from "./triggers";
import { at, fresh, keep, load, pageOf, uuid, type Visitor } from "./visitor";

const AGAIN = [0, 1, 2, 3, 5, 10, 20, 40, 60]; // seconds between asking at one page; then the last again and again
const MOST = 20; // events a call
const CHANNELS = ["web_popup", "exit_intent", "web_native"];

interface Happened {
  evtName: string;
  evtData: Record<string, unknown>;
  eventId: string;
}

export class Site {
  private visitor: Visitor = load();
  private pending: Happened[] = [];
  private armed = new Map<string, () => void>(); // those that wait for their trigger, by key: what ends it
  private shown = new Set<string>(); // at this page, by key
  private due: Message[] = [];
  private open = false;
  private asked = 0;
  private round = 0;
  private timer: number | undefined;
  private turn: Promise<unknown> = Promise.resolve(); // calls follow one another: who it is comes before what they do

  constructor(private readonly api: string) {
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.ask(1));
  }

  /** The visitor's object ID. */
  get id(): string {
    return this.visitor.id;
  }

  /** A page is seen: call it again wherever the page changes without being loaded anew. */
  page(url: string = location.href, referrer: string = document.referrer): void {
    this.visitor = keep(at(this.visitor, Date.now()));
    for (const end of this.armed.values()) end();
    this.armed.clear();
    this.shown.clear();
    this.due = [];
    this.event("Page Visited", { ...pageOf(url, referrer), session: this.visitor.session });
    this.asked = 0;
    this.ask(0);
  }

  /** Something happens. Events beside Page Visited are named in the credential. */
  event(evtName: string, evtData: Record<string, unknown> = {}): void {
    this.pending.push({ evtName, evtData, eventId: uuid() });
    this.inTurn(() => this.flush());
  }

  /** The visitor is a known person, of which the signature of the site's server is the proof. */
  identify(identity: string, signature: string): Promise<void> {
    return this.inTurn(async () => {
      if (this.visitor.signature === signature) return;
      if (this.visitor.signature) this.reset(); // another person at the same browser
      const told = () => call(this.api, "identity", { objectId: this.id, identity, signature });
      await told().catch((error) => {
        if (!(error instanceof Refused && error.status === 409)) throw error;
        this.reset();
        return told();
      });
      this.visitor = keep({ ...this.visitor, signature });
    });
  }

  /** The person has signed out: from here on it is somebody else. */
  reset(): void {
    this.visitor = keep(fresh());
  }

  /** What is in the visitor's inbox. */
  async inbox(): Promise<Message[]> {
    await this.turn;
    return (await this.waiting(["app_inbox"])).messages;
  }

  viewed(message: Message): void {
    void ack(this.api, message.message, "viewed");
  }

  clicked(message: Message, url?: string): void {
    void ack(this.api, message.message, "clicked", url);
  }

  /** Ask the visitor for notifications, and register their browser. worker: the site's file that imports this script. */
  async subscribe(worker = "/sojourn-worker.js"): Promise<void> {
    const { key } = await call<{ key: string }>(this.api, "push");
    await navigator.serviceWorker.register(`${worker}?sojourn=${encodeURIComponent(this.api)}`);
    const { pushManager } = await navigator.serviceWorker.ready;
    const subscription = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
    await this.inTurn(() => call(this.api, "push", { objectId: this.id, subscription: subscription.toJSON() }));
  }

  async unsubscribe(): Promise<void> {
    const registration = await navigator.serviceWorker.getRegistration();
    const subscription = await registration?.pushManager.getSubscription();
    if (!subscription) return;
    const told = { objectId: this.id, subscription: subscription.toJSON(), subscribed: false };
    await this.inTurn(() => call(this.api, "push", told));
    await subscription.unsubscribe();
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.turn.then(work);
    this.turn = done.catch(() => undefined);
    return done;
  }

  private async flush(): Promise<void> {
    while (this.pending.length) {
      const events = this.pending.slice(0, MOST);
      try {
        await call(this.api, "events", { objectId: this.id, events });
      } catch (error) {
        const later = !(error instanceof Refused) || error.status === 429 || error.status >= 500;
        if (later) return; // with the next asking
        console.warn(`Sojourn: ${error.message}`);
      }
      this.pending.splice(0, events.length);
    }
  }

  private waiting(channels: string[]): Promise<{ messages: Message[] }> {
    return call(this.api, "messages", { objectId: this.id, channels });
  }

  private ask(seconds: number): void {
    clearTimeout(this.timer);
    const round = ++this.round;
    this.timer = window.setTimeout(async () => {
      if (document.visibilityState !== "visible") return; // asked when it is seen again
      try {
        await this.inTurn(() => this.flush());
        const { messages } = await this.inTurn(() => this.waiting(CHANNELS));
        if (round === this.round) this.arm(messages);
      } catch (error) {
        if (error instanceof Refused && error.status < 429) return console.warn(`Sojourn: ${error.message}`);
      }
      this.asked = Math.min(this.asked + 1, AGAIN.length - 1);
      if (round === this.round) this.ask(AGAIN[this.asked] ?? 60);
    }, seconds * 1000);
  }

  /** Wait for what each new message waits for; those that are gone meanwhile are waited for no longer. */
  private arm(messages: Message[]): void {
    const keys = new Set(messages.map((it) => it.message));
    this.due = this.due.filter((it) => keys.has(it.message));
    for (const [key, end] of this.armed)
      if (!keys.has(key)) {
        end();
        this.armed.delete(key);
      }
    for (const message of messages) {
      const { message: key, channel, content } = message;
      if (this.armed.has(key) || this.shown.has(key)) continue;
      if (channel === "web_native") this.fill(message);
      else if (channel === "exit_intent")
        this.armed.set(
          key,
          wait({ when: "leaving" }, () => this.over(message)),
        );
      else
        this.armed.set(
          key,
          wait(content.trigger ?? { when: "now" }, () => this.over(message, true)),
        );
    }
  }

  private fill(message: Message): void {
    const place = document.querySelector(`[data-sojourn-place="${CSS.escape(message.content.place ?? "")}"]`);
    if (place && this.show(message)) inside(place, message, { onClick: this.follow(message), onClose: () => {} });
  }

  /** Show it over the page, one at a time. patient: it waits for its turn; else for its next occasion. */
  private over(message: Message, patient = false): void {
    if (this.open) {
      if (patient && !this.due.includes(message)) this.due.push(message);
      return;
    }
    if (!this.show(message)) return;
    this.open = true;
    const close = overlay(message, {
      onClick: (url, blank) => {
        this.follow(message)(url, blank);
        close();
      },
      onClose: () => {
        this.open = false;
        const next = this.due.shift();
        if (next) this.over(next, true);
      },
    });
  }

  /** Whether we show a message: a page that shows it by itself prevents the event, and calls viewed and clicked. */
  private show(message: Message): boolean {
    this.armed.get(message.message)?.();
    this.armed.delete(message.message);
    this.shown.add(message.message);
    const event = new CustomEvent("sojourn", { detail: message, cancelable: true });
    if (!window.dispatchEvent(event)) return false;
    this.viewed(message);
    return true;
  }

  private follow(message: Message): (url: string, blank: boolean) => void {
    return (link, blank) => {
      const url = safe(link, location.href);
      this.clicked(message, url ?? undefined);
      if (url && blank) window.open(url, "_blank", "noopener");
      else if (url) location.assign(url);
    };
  }
}
