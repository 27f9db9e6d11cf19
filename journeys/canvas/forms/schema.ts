/**
 * From a kind's JSON Schema, as pydantic writes it, to what the form library shows well. Nothing here knows a kind: a
 * part gets its widget by its name and type, wherever it stands (`event` is an event's name, a duration a duration).
 */

import type { UiSchema } from "@rjsf/utils";

export type Schema = Record<string, unknown> & {
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
};

/** A step of a node's form: its name, and the parts of the configuration that it shows. */
export interface Stage {
  label: string;
  parts: string[];
}

const STAGES: Record<string, string[]> = {
  Who: ["groups", "critical"],
  When: ["user_timezone", "throttle", "frequency"],
  Limits: ["limits"],
  Conversion: ["conversion"],
};

/** What a node is configured in, one after the other: a message in What, Who, When, Limits and Conversion. */
export function stagesOf(schema: Schema): Stage[] {
  const parts = Object.keys(schema.properties ?? {});
  if (!parts.includes("content")) return [{ label: "Settings", parts }];
  const later = Object.entries(STAGES).map(([label, names]) => ({
    label,
    parts: parts.filter((part) => names.includes(part)),
  }));
  const first = parts.filter((part) => !later.some((stage) => stage.parts.includes(part)));
  return [{ label: "What", parts: first }, ...later.filter((stage) => stage.parts.length)];
}

const CLOCKS = new Set(["clock", "from", "to"]);
/** Texts that may hold Liquid, under a node's content. */
const LONG = new Set(["text", "body"]);
const SCALARS = new Set(["string", "number", "integer", "boolean"]);

interface Made {
  schema: Schema;
  ui: UiSchema;
}

/** The schema with every $ref in its place, and the form's hints beside it. */
export function formOf(root: Schema): Made {
  return part(root, root.$defs as Record<string, Schema> | undefined, "", false, 0);
}

function part(
  given: Schema,
  defs: Record<string, Schema> | undefined,
  name: string,
  content: boolean,
  depth: number,
): Made {
  const ref = typeof given.$ref === "string" ? given.$ref.split("/").at(-1) : undefined;
  if (ref === "Rule") {
    const { $ref: _, ...beside } = given;
    return { schema: labelled(beside, name, { type: "object" }), ui: { "ui:field": "rule" } };
  }
  if (ref) {
    const { $ref: _, ...beside } = given;
    return part({ ...(defs?.[ref] ?? {}), ...beside, title: undefined }, defs, name, content, depth);
  }
  const choices = (given.anyOf ?? []).filter((choice) => choice.type !== "null");
  if (given.anyOf && choices.length === 1) {
    const { anyOf: _, default: __, ...beside } = given;
    const made = part({ ...choices[0], ...beside } as Schema, defs, name, content, depth);
    if (made.schema.type !== "object") return made;
    return {
      schema: { ...made.schema, default: undefined },
      ui: { ...made.ui, "ui:field": "optional", "ui:inner": made.ui["ui:field"] },
    };
  }
  if (choices.length && choices.every((choice) => SCALARS.has(String(choice.type))))
    return { schema: labelled(unchosen(given), name, { type: "string" }), ui: { "ui:field": "any" } };
  if (choices.some((choice) => choice.type === "string") && choices.some((choice) => choice.type === "object"))
    return { schema: labelled(unchosen(given), name, { type: "string" }), ui: { "ui:field": "json" } };
  if (given.anyOf) return union(given, choices, defs, name, content, depth);
  if (given.type === "object" && given.properties)
    return object(given, defs, name, content || name === "content", depth);
  if (given.type === "array") return array(given, defs, name, content, depth);
  if (given.type === "object") return { schema: labelled(given, name), ui: { "ui:field": "pairs" } };
  if (!given.type && !given.enum && !given.const)
    return { schema: labelled(given, name, { type: "string" }), ui: { "ui:field": "any" } };
  return { schema: labelled(given, name), ui: widget(given, name, content) };
}

/** Without its choices: one of our fields deals with all of them. */
function unchosen({ anyOf: _, ...rest }: Schema): Schema {
  return rest;
}

function union(
  given: Schema,
  choices: Schema[],
  defs: Record<string, Schema> | undefined,
  name: string,
  content: boolean,
  depth: number,
): Made {
  const none = given.anyOf?.some((choice) => choice.type === "null") ? [{ type: "null", title: "None" } as Schema] : [];
  const made = choices.map((choice) => {
    const ref = typeof choice.$ref === "string" ? choice.$ref.split("/").at(-1) : undefined;
    const inner = part(choice, defs, "", content, depth + 1);
    return { ...inner, schema: { ...inner.schema, title: words(ref ?? String(choice.title ?? choice.type ?? "")) } };
  });
  const { anyOf: _, ...beside } = given;
  const schema = labelled({ ...beside, anyOf: [...none, ...made.map((it) => it.schema)] }, name);
  return { schema, ui: { anyOf: [...none.map(() => ({})), ...made.map((it) => it.ui)] } };
}

function object(
  given: Schema,
  defs: Record<string, Schema> | undefined,
  name: string,
  content: boolean,
  depth: number,
): Made {
  const properties: Record<string, Schema> = {};
  const ui: UiSchema = depth ? {} : { "ui:label": false };
  for (const [key, value] of Object.entries(given.properties ?? {})) {
    const made = part(value, defs, key, content, depth + 1);
    properties[key] = made.schema;
    ui[key] = made.ui;
  }
  // A place in another journey is chosen among those that are there.
  if ("journey" in properties && "node" in properties && "via" in properties)
    for (const key of ["journey", "node", "via"]) {
      properties[key] = { title: properties[key]?.title, type: key === "via" ? "string" : "integer" };
      ui[key] = { "ui:field": `${key} of journey` };
    }
  // What is required is for the publish checks to say, in words.
  const { required: _, $defs: __, additionalProperties: ___, default: ____, ...rest } = given;
  return { schema: labelled({ ...rest, properties }, name), ui };
}

function array(
  given: Schema,
  defs: Record<string, Schema> | undefined,
  name: string,
  content: boolean,
  depth: number,
): Made {
  const ref = String(given.items?.$ref ?? "")
    .split("/")
    .at(-1);
  const schema = labelled(given, name);
  if (ref === "Condition")
    return { schema: { ...schema, items: { type: "object" } }, ui: { "ui:field": "conditions" } };
  if (name === "days" || name === "weekdays") return { schema, ui: { "ui:field": "days" } };
  const item = given.items ?? {};
  if (given.place === "node") return { schema, ui: { "ui:field": "variables" } };
  const types = (item.anyOf ?? [item]).map((choice) => String(choice.type));
  if (types.every((type) => SCALARS.has(type)) && !item.enum)
    return {
      schema: { ...schema, items: { type: "string" } },
      ui: { "ui:field": "many", "ui:options": { numbers: types.includes("number") } },
    };
  const made = part(item, defs, singular(name), content, depth + 1);
  const { default: _, ...rest } = schema;
  return {
    schema: { ...rest, items: made.schema },
    ui: {
      items: made.ui,
      "ui:options": { orderable: name === "paths", addable: true, removable: true, noun: singular(name) },
    },
  };
}

function widget(given: Schema, name: string, content: boolean): UiSchema {
  if (given.format === "duration") return { "ui:widget": "duration" };
  if (given.format === "date-time") return { "ui:widget": "moment" };
  if (given.type === "boolean" || given.enum) return {};
  if (given.type !== "string") return {};
  if (name === "event") return { "ui:widget": "event" };
  if (name === "list" || name === "segment") return { "ui:widget": name };
  if (name === "template" && !content) return { "ui:widget": "template" };
  if (name === "provider")
    return given.channel === "sms" ? { "ui:widget": "smsProvider" } : { "ui:widget": "provider" };
  if (name === "property" && !content) return { "ui:widget": "property" };
  if (CLOCKS.has(name) && !content) return { "ui:widget": "clock" };
  if (name === "html") return { "ui:widget": "html" };
  if (content) return { "ui:widget": "liquid", "ui:options": { rows: LONG.has(name) ? 5 : 1 } };
  return {};
}

function labelled(given: Schema, name: string, over: Schema = {}): Schema {
  const { title: _, description, ...rest } = given;
  const said = typeof description === "string" ? description.replaceAll("`", "") : undefined;
  return {
    ...rest,
    ...over,
    title: name ? words(name) : " ",
    ...(said && given.type !== "object" ? { description: said } : {}),
  };
}

const SPECIAL: Record<string, string> = {
  html: "HTML",
  op: "How",
  urls: "Addresses",
  url: "Address",
  every_nth: "Every how many times",
  exactly_nth: "At which time, counted from 1",
  n: "At most",
  per: "In each",
  EveryNth: "Every so many times",
  ExactlyNth: "At one of the times",
  AtMost: "At most so often",
  Ever: "So often, ever",
  Every: "Once in a while",
  single: "Apply as a single value",
  groups: "Subscription groups",
  clock: "At",
  cc: "CC",
  bcc: "BCC",
  ttl: "TTL",
  utm: "UTM",
  id: "ID",
};

/** “reply_to” → “Reply to”, “EveryNth” → “Every nth”. */
export function words(name: string): string {
  if (SPECIAL[name]) return SPECIAL[name];
  const text = name
    .replaceAll("_", " ")
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const singular = (name: string): string => name.replace(/ies$/, "y").replace(/s$/, "");

/** A configuration without what was left empty: the document says only what somebody chose. */
export function tidy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(tidy);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).filter(([, it]) => it !== undefined);
  return Object.fromEntries(entries.map(([key, it]) => [key, tidy(it)]));
}
