import { describe, expect, it } from "vitest";
import { formOf, type Schema, stagesOf, words } from "../forms/schema";
import { changes, compare } from "./diff";
import { eventBefore, type JourneyDocument, type Kind, type Kinds } from "./document";
import * as edit from "./edit";
import { arrows, entryPlace, meetings, phantomVias, waitsForEver } from "./graph";
import { duration, seconds, sleepWords, span, spell, weekdays } from "./words";

const kind = (name: string, role: Kind["role"], beside = false): Kind => ({
  name,
  label: name,
  hint: "",
  role,
  group: "",
  entry: role === "segment" ? ["live"] : [],
  middle: true,
  goal: role === "segment",
  beside,
  has_window: true,
  vias: [],
  schema: {},
});
const KINDS: Kinds = new Map(
  [kind("action", "segment", true), kind("email", "engagement"), kind("force_exit", "controller")].map((it) => [
    it.name,
    it,
  ]),
);
const EMPTY: JourneyDocument = {
  name: "A",
  entry: { criteria: "live", segment: { kind: "action" } },
  nodes: [],
  links: [],
};

function three(): JourneyDocument {
  let made = EMPTY;
  for (const name of ["email", "action", "action"]) {
    made = edit.addNode(made, KINDS.get(name) as Kind, [0, 0], edit.nextNumber(made));
  }
  return made;
}

describe("changing a document", () => {
  it("gives each node the next number, also after one was removed", () => {
    const made = three();
    expect(made.nodes?.map((step) => step.id)).toEqual([1, 2, 3]);
    const fewer = edit.removeNodes(made, new Set([3]));
    expect(edit.nextNumber(fewer, [1, 2, 3])).toBe(4);
  });

  it("removes the links of a node with it", () => {
    const made = edit.connect(
      edit.connect(three(), { from: "entry", via: "yes", to: 1 }, KINDS),
      { from: 1, via: "sent", to: 2 },
      KINDS,
    );
    expect(edit.removeNodes(made, new Set([2])).links).toEqual([{ from: "entry", via: "yes", to: 1 }]);
  });

  it("lets a connector lead to several segments, and to one of anything else", () => {
    let made = three();
    for (const to of [2, 3]) made = edit.connect(made, { from: 1, via: "sent", to }, KINDS);
    expect(made.links).toHaveLength(2);
    expect(meetings(made)).toEqual([{ id: "between-1-sent", source: 1, via: "sent", targets: [2, 3] }]);
    expect(arrows(made).map((arrow) => [arrow.source, arrow.target])).toEqual([
      ["1", "between-1-sent"],
      ["between-1-sent", "2"],
      ["between-1-sent", "3"],
    ]);
    const other = edit.addNode(made, KINDS.get("email") as Kind, [0, 0], 4);
    expect(edit.connect(other, { from: 1, via: "sent", to: 4 }, KINDS).links).toEqual([
      { from: 1, via: "sent", to: 4 },
    ]);
  });

  it("lets people sleep once before several segments", () => {
    let made = three();
    for (const to of [2, 3]) made = edit.connect(made, { from: 1, via: "sent", to }, KINDS);
    const slept = edit.setSleep(made, { from: 1, via: "sent", to: 2 }, { after: "PT1H" });
    expect(slept.links?.map((link) => link.sleep)).toEqual([{ after: "PT1H" }, { after: "PT1H" }]);
  });

  it("copies nodes with the links among them, under new numbers", () => {
    const made = edit.connect(three(), { from: 1, via: "sent", to: 2 }, KINDS);
    const pasted = edit.paste(made, edit.copy(made, new Set([1, 2])), [40, 40]);
    expect(pasted.ids).toEqual([4, 5]);
    expect(pasted.document.links).toContainEqual({ from: 4, via: "sent", to: 5 });
    expect(pasted.document.nodes?.[3]?.position).toEqual([40, 40]);
  });

  it("clears an entry segment that does not fit other criteria", () => {
    expect(edit.clearsEntry(EMPTY, "past", KINDS)).toBe(true);
    const past = edit.setCriteria(EMPTY, "past", KINDS);
    expect(past.entry).toMatchObject({ criteria: "past", segment: null, timeline: { once: "now" } });
  });
});

describe("what is drawn by itself", () => {
  it("puts a phantom node behind a message whose views are waited for", () => {
    const made = edit.connect(three(), { from: 1, via: "viewed", to: 2 }, KINDS);
    expect(phantomVias(made.nodes?.[0] as never, made.links ?? [], KINDS)).toEqual(["viewed"]);
    expect(phantomVias(made.nodes?.[1] as never, made.links ?? [], KINDS)).toEqual([]);
  });

  it("marks segments that people may wait at for ever", () => {
    const made = edit.connect(three(), { from: 2, via: "yes", to: 1 }, KINDS);
    expect([...waitsForEver(made, KINDS)]).toEqual([2, 3]);
    expect([...waitsForEver(edit.connect(made, { from: 2, via: "node_timeout", to: 1 }, KINDS), KINDS)]).toEqual([3]);
    expect([...waitsForEver({ ...made, timeout: "P30D" }, KINDS)]).toEqual([]);
  });
});

describe("two versions side by side", () => {
  it("tells what was added, removed and changed, and not where it stands", () => {
    const before = three();
    let after = edit.changeNode(before, 1, { name: "Hello" });
    after = edit.moveNodes(after, new Map([[2, [500, 500]]]));
    after = edit.removeNodes(after, new Set([3]));
    after = edit.addNode(after, KINDS.get("force_exit") as Kind, [0, 0], 4);
    const found = compare(before, { ...after, timeout: "P1D" });
    expect([...found.added]).toEqual([4]);
    expect(found.removed.map((step) => step.id)).toEqual([3]);
    expect([...found.changed]).toEqual([[1, ["name"]]]);
    expect(found.setup).toEqual(["timeout"]);
  });
});

describe("the event that a message shows", () => {
  const entry = { segment: { kind: "action", events: [{ event: "Added To Cart" }] } };
  const later = { id: 2, kind: "action", config: { events: [{ event: "Charged" }] } };
  const mails = [1, 3, 4].map((id) => ({ id, kind: "email" }));
  const straight = [
    { from: "entry" as const, via: "yes", to: 1 },
    { from: 1, via: "sent", to: 2 },
    { from: 2, via: "yes", to: 3 },
    { from: 3, via: "sent", to: 4 },
  ];

  it("is that of the nearest segment that has one, past messages", () => {
    const document = { entry, nodes: [...mails, later], links: straight };
    expect([1, 3, 4].map((id) => eventBefore(document, id))).toEqual(["Added To Cart", "Charged", "Charged"]);
  });

  it("is none where ways here bring different ones, or none, and a circle ends", () => {
    const around = [...straight, { from: 1, via: "failed", to: 4 }, { from: 4, via: "failed", to: 3 }];
    expect(eventBefore({ entry, nodes: [...mails, later], links: around }, 4)).toBe("");
    const listed = { segment: { kind: "custom_list", list: "vip" } };
    expect(eventBefore({ entry: listed, nodes: mails, links: straight }, 1)).toBe("");
    expect(eventBefore({ entry, nodes: mails }, 1)).toBe("");
  });

  it("is an inaction's first, or a date's", () => {
    const to1 = straight.slice(0, 1);
    const inaction = { segment: { kind: "inaction", event: { event: "Viewed" }, then_not: { event: "Charged" } } };
    expect(eventBefore({ entry: inaction, nodes: mails, links: to1 }, 1)).toBe("Viewed");
    const date = { segment: { kind: "date_time", of: "event:Booked", property: "day" } };
    expect(eventBefore({ entry: date, nodes: mails, links: to1 }, 1)).toBe("Booked");
  });
});

describe("words", () => {
  it.each([
    ["PT20M", { count: 20, unit: "minute" }],
    ["P1D", { count: 1, unit: "day" }],
    ["PT24H", { count: 1, unit: "day" }],
    ["PT90M", { count: 90, unit: "minute" }],
    ["-PT2H", { count: -2, unit: "hour" }],
    ["P2W", { count: 14, unit: "day" }],
    ["PT0S", { count: 0, unit: "second" }],
  ] as const)("reads %s", (text, found) => {
    expect(span(text)).toEqual(found);
    expect(seconds(duration(found))).toBe(seconds(text));
  });

  it.each(["", "P", "PT", "1 day", "P1Y", null])("does not take %s for a duration", (text) => {
    expect(span(text)).toBeNull();
  });

  it("spells sleeps", () => {
    expect(spell("P1D")).toBe("1 day");
    expect(sleepWords({ after: "PT1H" })).toBe("1 hour");
    expect(sleepWords({ days: 1, clock: "20:00" })).toBe("1 day, 20:00");
    expect(sleepWords({ only: { weekdays: ["mon", "tue", "wed"], from: "09:00", to: "17:00" } })).toBe(
      "only Mon–Wed 09:00–17:00",
    );
    expect(weekdays(["sat", "sun"])).toBe("Sat, Sun");
  });
});

describe("forms out of schemas", () => {
  const defs = {
    Rule: { type: "object", properties: { all: {} } },
    Where: { type: "object", properties: { property: { type: "string" } } },
    Content: { type: "object", properties: { html: { type: "string" }, subject: { type: "string" } } },
    Condition: { type: "object" },
  };
  const made = formOf({
    $defs: defs,
    type: "object",
    properties: {
      event: { type: "string" },
      where: { type: "array", items: { $ref: "#/$defs/Condition" } },
      within: { type: "string", format: "duration" },
      filters: { anyOf: [{ $ref: "#/$defs/Rule" }, { type: "null" }] },
      content: { $ref: "#/$defs/Content" },
      throttle: { anyOf: [{ type: "integer" }, { type: "null" }], default: null },
      days: { type: "array", items: { enum: ["mon"] } },
    },
  } as unknown as Schema);

  it("knows a value by its name and type", () => {
    expect(made.ui.event).toEqual({ "ui:widget": "event" });
    expect(made.ui.where).toEqual({ "ui:field": "conditions" });
    expect(made.ui.within).toEqual({ "ui:widget": "duration" });
    expect(made.ui.filters).toMatchObject({ "ui:field": "optional", "ui:inner": "rule" });
    expect(made.ui.content.html).toEqual({ "ui:widget": "html" });
    expect(made.ui.content.subject).toMatchObject({ "ui:widget": "liquid" });
    expect(made.ui.days).toEqual({ "ui:field": "days" });
    expect(made.schema.properties?.throttle).toMatchObject({ type: "integer", title: "Throttle" });
  });

  it("leaves no reference behind", () => {
    expect(JSON.stringify(made.schema)).not.toContain("$ref");
    expect(words("reply_to")).toBe("Reply to");
  });
});

describe("places", () => {
  it("leaves the entry at the origin unless a node is in its way", () => {
    expect(entryPlace(new Map([[1, [340, 0]]]))).toEqual([0, 0]);
    expect(entryPlace(new Map([[1, [100, 400]]]))).toEqual([0, 0]);
    expect(
      entryPlace(
        new Map([
          [1, [100, 20]],
          [2, [-40, 900]],
        ]),
      ),
    ).toEqual([-370, 0]);
  });

  it("puts copies where they cover nothing", () => {
    const nodes = [
      { id: 1, kind: "email", position: [0, 0] as [number, number] },
      { id: 2, kind: "email", position: [0, 200] as [number, number] },
    ];
    expect(edit.clear({ nodes }, nodes.slice(0, 1))).toEqual([40, 380]);
    expect(edit.clear({ nodes: [] }, nodes)).toEqual([40, 60]);
  });

  it("drops a node beside the entry rather than on it", () => {
    expect(edit.beside([100, 50], [0, 0])).toEqual([310, 50]);
    expect(edit.beside([300, 50], [0, 0])).toEqual([300, 50]);
    expect(edit.beside([100, 400], [0, 0])).toEqual([100, 400]);
  });

  it("knows a move that moves nothing", () => {
    const document = { nodes: [{ id: 1, kind: "email", position: [10, 20] as [number, number] }] };
    expect(edit.moveNodes(document, new Map([[1, [10.2, 19.8]]]))).toBe(document);
    expect(edit.moveNodes(document, new Map([[1, [30, 20]]]))).not.toBe(document);
  });
});

describe("changes", () => {
  it("names each value that differs", () => {
    const before = { content: { subject: "Hi", html: "<p>" }, limits: {}, cc: ["a"] };
    const after = { content: { subject: "Hello", html: "<p>" }, limits: {}, cc: ["a", "b"], throttle: 3 };
    expect(changes(before, after)).toEqual([
      { path: "content.subject", before: "Hi", after: "Hello" },
      { path: "cc", before: ["a"], after: ["a", "b"] },
      { path: "throttle", before: undefined, after: 3 },
    ]);
  });
});

describe("steps of a form", () => {
  it("are What, Who, When and the rest for a message, and one for anything else", () => {
    const properties = Object.fromEntries(
      ["provider", "content", "user_timezone", "limits", "conversion", "groups", "colour"].map((part) => [part, {}]),
    );
    expect(stagesOf({ properties }).map(({ label, parts }) => [label, ...parts])).toEqual([
      ["What", "provider", "content", "colour"],
      ["Who", "groups"],
      ["When", "user_timezone"],
      ["Limits", "limits"],
      ["Conversion", "conversion"],
    ]);
    expect(stagesOf({ properties: { rule: {} } })).toEqual([{ label: "Settings", parts: ["rule"] }]);
  });
});
