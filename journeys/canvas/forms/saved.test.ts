import { describe, expect, it } from "vitest";
import { showsPart } from "./saved";
import { formOf, type Schema } from "./schema";

const CHAT: Schema = {
  type: "object",
  properties: {
    template: { anyOf: [{ type: "string" }, { type: "null" }], default: null },
    content: { $ref: "#/$defs/Content", default: {} },
    plain: { $ref: "#/$defs/Plain", default: {} },
  },
  $defs: {
    Content: {
      type: "object",
      properties: {
        text: { type: "string" },
        registration: { anyOf: [{ $ref: "#/$defs/Registration" }, { type: "null" }], place: "template" },
        variables: { type: "array", items: { type: "string" }, place: "node" },
      },
    },
    Plain: { type: "object", properties: { text: { type: "string" } } },
    Registration: { type: "object", properties: { id: { type: "string" } } },
  },
};

const made = formOf(CHAT);
const content = made.schema.properties?.content as Schema;

const parts = (template: string | null, saving = false): string[] => {
  const whole = { template, content: {} };
  const around = { path: ["content"], whole, saving };
  return Object.keys(content.properties ?? {}).filter((name) =>
    showsPart(name, { schema: content, value: {} }, around),
  );
};

describe("a form beside a template", () => {
  it("has a choice for its name", () => {
    expect(made.ui.template).toEqual({ "ui:widget": "template" });
  });

  it("shows what the node writes without one, and what it fills in with one", () => {
    expect(parts(null)).toEqual(["text"]);
    expect(parts("Order")).toEqual(["variables"]);
  });

  it("shows what only templates have while one is edited", () => {
    expect(parts(null, true)).toEqual(["text", "registration"]);
  });

  it("shows no content where the node has nothing to fill in, at any depth", () => {
    const around = { path: ["variants", "options", 0], whole: {}, saving: false };
    const plain = { properties: { template: {}, content: { properties: { text: {} } } } } as Schema;
    expect(showsPart("content", { schema: plain, value: { template: "Hello" } }, around)).toBe(false);
    expect(showsPart("content", { schema: plain, value: {} }, around)).toBe(true);
    expect(showsPart("content", { schema: made.schema, value: { template: "Order" } }, around)).toBe(true);
  });

  it("finds the template of a variant beside its content", () => {
    const whole = { variants: { options: [{ template: "Order" }, {}] } };
    const shows = (at: number) =>
      showsPart(
        "text",
        { schema: content, value: {} },
        { path: ["variants", "options", at, "content"], whole, saving: false },
      );
    expect([shows(0), shows(1)]).toEqual([false, true]);
  });
});
