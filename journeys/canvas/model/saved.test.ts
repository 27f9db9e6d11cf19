import { describe, expect, it } from "vitest";
import { counting, glimpse, madeOwn, placeholders, type Template, withoutVariables } from "./saved";

const template = (name: string, content: Template["content"]): Template => ({
  id: 1,
  name,
  channel: "whatsapp",
  content,
  approval: "approved",
  revision: 1,
  archived: false,
  url: "",
});
const ORDER = template("Order", {
  text: "Hi {{1}}, {{ 2 }} comes. Yours, {{1}}",
  media: null,
  registration: { id: "order", language: "en" },
});
const KNOWN = [ORDER];

describe("a node that names a template", () => {
  it("has the template's content, and its own variables", () => {
    const config = { template: "Order", content: { text: "Mine", variables: ["Ann", "X1"] } };
    expect(counting(config, KNOWN)).toEqual({ ...ORDER.content, variables: ["Ann", "X1"] });
    expect(counting({ template: "Order" }, KNOWN)).toEqual(ORDER.content);
  });

  it("has what was taken where the template is gone, and its own content without a template", () => {
    expect(counting({ template: "Gone", content: { text: "Taken" } }, KNOWN)).toEqual({ text: "Taken" });
    expect(counting({ content: { text: "Mine" } }, KNOWN)).toEqual({ text: "Mine" });
    expect(counting({}, KNOWN)).toEqual({});
  });

  it("makes it its own with the variables in the places of the placeholders", () => {
    const config = { provider: "Box", template: "Order", content: { variables: ["{{ Profile.Name }}", "X1"] } };
    expect(madeOwn(config, KNOWN)).toEqual({
      provider: "Box",
      content: { text: "Hi {{ Profile.Name }}, X1 comes. Yours, {{ Profile.Name }}", media: null },
    });
  });

  it("keeps what was taken as its own where the template is gone", () => {
    expect(madeOwn({ template: "Gone", content: { text: "{{1}}" } }, KNOWN)).toEqual({ content: { text: "{{1}}" } });
  });
});

describe("a template", () => {
  it("has its placeholders numbered", () => {
    expect(placeholders("{{2}} {{ 1 }} {{1}} {{ Profile.Name }} {{0}}")).toEqual([1, 2]);
    expect(placeholders(undefined)).toEqual([]);
  });

  it("is saved without what nodes fill in", () => {
    expect(withoutVariables({ text: "Hi", variables: ["Ann"] })).toEqual({ text: "Hi" });
  });

  it("is known by its subject or title, else its words", () => {
    expect(glimpse({ subject: "Hello", text: "x" })).toBe("Hello");
    expect(glimpse({ subject: " ", text: "Words" })).toBe("Words");
    expect(glimpse({})).toBe("");
  });
});
