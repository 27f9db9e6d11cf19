import { describe, expect, it } from "vitest";
import { safe } from "./calls";
import { documentOf } from "./show";
import { at, fresh, IDLE, pageOf, uuid } from "./visitor";

const NOON = Date.UTC(2026, 2, 2, 12);
const nothing = { html: "", title: "", body: "", image: "", link: "", buttons: [], values: {} };

describe("a session", () => {
  it("goes on for less than twenty idle minutes", () => {
    const first = at(fresh(), NOON);
    expect(first.session).toMatch(/^[0-9a-f]{8}$/);
    const second = at(first, NOON + IDLE - 1);
    expect(second.session).toBe(first.session);
    expect(at(second, NOON + 2 * IDLE - 2).session).toBe(first.session); // from the last page, not from the first
    expect(at(second, NOON + 2 * IDLE - 1).session).not.toBe(first.session);
  });
});

describe("a page", () => {
  it("tells its address, where the visitor came from, and the campaign", () => {
    const url = "https://shop.example/?utm_source=mail&utm_medium=email&utm_id=7&q=1";
    expect(pageOf(url, "https://search.example/")).toEqual({
      url,
      referrer: "https://search.example/",
      utm_source: "mail",
      utm_medium: "email",
    });
  });

  it("tells no more of a long address than a property holds", () => {
    expect(pageOf(`https://shop.example/${"a".repeat(600)}`, "").url).toHaveLength(512);
  });
});

describe("a visitor", () => {
  it("is a random UUID also where the browser draws none", () => {
    const drawn = crypto.randomUUID;
    Object.defineProperty(crypto, "randomUUID", { value: undefined, configurable: true });
    try {
      expect(uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    } finally {
      Object.defineProperty(crypto, "randomUUID", { value: drawn, configurable: true });
    }
  });
});

describe("a link", () => {
  it.each(["javascript:alert(1)", "data:text/html,x", " JavaScript:x", "vbscript:x", "blob:x", "file:///etc"])(
    "%s is not opened",
    (link) => expect(safe(link, "https://shop.example/")).toBeNull(),
  );
  it("is opened where it leads to a page, from the page", () => {
    expect(safe("/sale", "https://shop.example/shoes")).toBe("https://shop.example/sale");
  });
});

describe("what is laid out", () => {
  it("shows values as they are", () => {
    const page = documentOf({ ...nothing, title: "<b>&", link: '"><script>', buttons: [{ text: "<i>", link: "/x" }] });
    expect(page).toContain("<h1>&#60;b&#62;&#38;</h1>");
    expect(page).toContain('href="&#34;&#62;&#60;script&#62;"');
    expect(page).toContain('<a class="button" href="/x">&#60;i&#62;</a>');
  });
});
