/** In a service worker of the site: notifications of web push, shown, opened and told of. */

import { ack, type Button, safe } from "./calls";

/** A notification's payload, as channels/push/web.py makes it; what is empty is missing. */
interface Payload {
  title?: string;
  body?: string;
  image?: string;
  link?: string;
  buttons?: Button[];
  message?: string;
}

// The compiler knows either pages or workers; what is used of a worker is little.
interface Push extends Event {
  data: { json: () => Payload } | null;
  waitUntil: (work: Promise<unknown>) => void;
}
interface Pressed extends Event {
  action: string;
  notification: { data: Payload; close: () => void };
  waitUntil: (work: Promise<unknown>) => void;
}
interface Worker {
  location: Location;
  registration: { showNotification: (title: string, options: object) => Promise<void> };
  clients: { openWindow: (url: string) => Promise<unknown> };
  addEventListener(name: "push", hear: (event: Push) => void): void;
  addEventListener(name: "notificationclick", hear: (event: Pressed) => void): void;
}

export function serve(worker: Worker): void {
  const api = new URL(worker.location.href).searchParams.get("sojourn") ?? "";
  const tell = (told: Payload, outcome: "viewed" | "clicked", url?: string) =>
    told.message ? ack(api, told.message, outcome, url) : Promise.resolve();
  worker.addEventListener("push", (event) => {
    const told = event.data?.json() ?? {};
    const actions = told.buttons?.map((it, index) => ({ action: String(index), title: it.text }));
    const shown = worker.registration.showNotification(told.title ?? told.body ?? "", {
      body: told.title ? told.body : "",
      image: told.image,
      data: told,
      actions,
    });
    event.waitUntil(Promise.all([shown, tell(told, "viewed")]));
  });
  worker.addEventListener("notificationclick", (event) => {
    const told = event.notification.data;
    event.notification.close();
    const url = safe((event.action && told.buttons?.[Number(event.action)]?.link) || told.link || "");
    event.waitUntil(Promise.all([tell(told, "clicked", url ?? undefined), url && worker.clients.openWindow(url)]));
  });
}
