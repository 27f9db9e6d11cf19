/** Showing a message. What its author wrote runs in a frame without an origin: it can reach nothing of the page, and
 * tells it three things only: its height, what was clicked, and that it wants to be closed. */

import type { Content, Message } from "./calls";

export interface Shown {
  /** A link, or a button without one: "". */
  onClick: (url: string, blank: boolean) => void;
  onClose: () => void;
}

/** Over the page. Returns what closes it. */
export function overlay(message: Message, shown: Shown): () => void {
  const host = document.createElement("div");
  host.dataset.sojourn = message.channel;
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet(); // not a <style>, which the page's policy might forbid
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-label", message.content.title || "Message");
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-label", "Close");
  const [frame, stop] = framed(message.content, { ...shown, onClose: () => dialog.close() });
  dialog.append(button, frame);
  root.append(dialog);
  document.body.append(host);
  button.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    stop();
    host.remove();
    shown.onClose();
  });
  dialog.showModal();
  return () => dialog.close();
}

/** Within the page, in place of what the element holds. Returns what takes it away. */
export function inside(element: Element, message: Message, shown: Shown): () => void {
  const before = [...element.childNodes];
  const [frame, stop] = framed(message.content, { ...shown, onClose: () => away() });
  const away = () => {
    stop();
    element.replaceChildren(...before);
    shown.onClose();
  };
  element.replaceChildren(frame);
  return away;
}

function framed(content: Content, shown: Shown): [HTMLIFrameElement, () => void] {
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-scripts");
  frame.title = content.title || "Message";
  frame.style.cssText = "border:0;display:block;width:100%;height:12rem;color-scheme:normal";
  frame.srcdoc = documentOf(content);
  const hear = (event: MessageEvent) => {
    const told = event.source === frame.contentWindow ? event.data?.sojourn : null;
    if (!told) return;
    if (typeof told.height === "number") frame.style.height = `${Math.min(told.height, 4000)}px`;
    if (typeof told.click === "string") shown.onClick(told.click, told.blank === true);
    if (told.close) shown.onClose();
  };
  window.addEventListener("message", hear);
  return [frame, () => window.removeEventListener("message", hear)];
}

/** The document in the frame: the author's HTML, or title, text, image and buttons laid out by us. */
export function documentOf(content: Content): string {
  return `<!doctype html><meta charset="utf-8"><style>${INNER}</style>${content.html || laidOut(content)}<script>(${speaks})()</script>`;
}

function laidOut(content: Content): string {
  const image = content.image && `<img src="${escaped(content.image)}" alt="">`;
  const title = content.title && `<h1>${escaped(content.title)}</h1>`;
  const body = content.body && `<p>${escaped(content.body)}</p>`;
  const buttons = content.buttons.map((it) => linked(it.link, escaped(it.text), "button")).join(" ");
  return `<main>${linked(content.link, image + title + body)}${buttons && `<p>${buttons}</p>`}</main>`;
}

function linked(link: string, inner: string, look = ""): string {
  if (link) return `<a class="${look}" href="${escaped(link)}">${inner}</a>`;
  return look ? `<button class="${look}" data-close>${inner}</button>` : inner;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (it) => `&#${it.charCodeAt(0)};`);
}

/** Runs in the frame: its text is put there, so it uses nothing from here. */
function speaks() {
  const tell = (what: object) => parent.postMessage({ sojourn: what }, "*");
  const root = document.documentElement;
  new ResizeObserver(() => tell({ height: Math.ceil(root.getBoundingClientRect().height) })).observe(root);
  document.addEventListener("keydown", (event) => event.key === "Escape" && tell({ close: true }));
  document.addEventListener("click", (event) => {
    const pressed = (event.target as Element).closest<HTMLElement>("a[href], button, [data-close]");
    if (!pressed) return;
    event.preventDefault();
    if (pressed.hasAttribute("data-close")) return tell({ close: true });
    const link = pressed as HTMLAnchorElement;
    tell({ click: link.href ?? "", blank: link.target === "_blank" });
  });
}

const STYLE = `
dialog { width: min(28rem, calc(100vw - 2rem)); max-height: calc(100vh - 2rem); padding: 0; border: 0; border-radius: .75rem;
  overflow: auto; background: #fff; box-shadow: 0 1rem 3rem rgb(0 0 0 / .3); box-sizing: border-box; }
button::before { content: "\\d7"; } /* a cross; the file is ASCII, since pages read it in their own encoding */
dialog::backdrop { background: rgb(0 0 0 / .45); }
button { position: absolute; top: .25rem; right: .25rem; z-index: 1; width: 2rem; height: 2rem; border: 0; border-radius: 50%;
  background: rgb(255 255 255 / .85); color: #333; font: 1.25rem/1 system-ui, sans-serif; cursor: pointer; }
`;
const INNER = `
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: #1f2937; }
main { padding: 1.5rem; } main h1 { font-size: 1.25rem; margin: 0 1.5rem .5rem 0; } main img { max-width: 100%; }
main a { color: inherit; text-decoration: none; }
.button { display: inline-block; padding: .5rem 1.25rem; border: 0; border-radius: .5rem; background: #111827; color: #fff !important;
  font: inherit; cursor: pointer; }
`;
