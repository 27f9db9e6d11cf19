/** Whether the builder has a control for everything in a leaf. What it has none for is kept as it is and shown as JSON. */

import { CHANNELS, WEEKDAYS } from "./rule";

type Test = (value: unknown) => boolean;

const NUMBER_OPS = ["=", ">", ">=", "<", "<=", "between"];
const OPS = [...NUMBER_OPS, "!=", "contains", "not_contains", "in", "not_in", "exists", "not_exists", "matches"];

const text: Test = (value) => typeof value === "string";
const truth: Test = (value) => typeof value === "boolean";
const number: Test = (value) => value === null || typeof value === "number";
const day: Test = (value) => value === null || text(value);
const scalar: Test = (value) => value === null || ["string", "number", "boolean"].includes(typeof value);
const oneOf =
  (options: readonly unknown[]): Test =>
  (value) =>
    options.includes(value);
const listOf =
  (test: Test, length?: number): Test =>
  (value) =>
    Array.isArray(value) && value.every(test) && (length === undefined || value.length === length);
const either =
  (...tests: Test[]): Test =>
  (value) =>
    tests.some((test) => test(value));

/** An object with all of `must`, perhaps some of `may`, and nothing else. */
const shape =
  (must: Record<string, Test>, may: Record<string, Test> = {}): Test =>
  (value) =>
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.keys(must).every((key) => key in value) &&
    Object.entries(value).every(([key, part]) => (must[key] ?? may[key])?.(part) ?? false);

const today = shape({ today: number });
const item = either(scalar, today);
const condition = shape({ property: text, op: oneOf(OPS) }, { value: either(item, listOf(item)) });
const amount = either(number, listOf(number, 2));
const range = either(
  shape({ last: number, unit: oneOf(["minute", "hour", "day", "week", "month"]) }),
  shape({ days_ago: number }),
  shape({ between: listOf(day, 2) }),
  shape({ before: day }),
  shape({ after: day }),
  shape({ on: day }),
);
const hours = shape({ from: day, to: day });
const total = shape({ property: text, op: oneOf(NUMBER_OPS), value: amount });
const events = { where: listOf(condition), within: range, hours };
const absent = shape({ event: text }, { ...events, weekdays: listOf(oneOf(WEEKDAYS)) });
const present = shape(
  { event: text },
  {
    ...events,
    weekdays: listOf(oneOf(WEEKDAYS)),
    count: shape({ op: oneOf(NUMBER_OPS), value: amount }, { include_zero: truth }),
    sum: total,
    average: total,
    first_time: truth,
    last_time: truth,
  },
);
const several = (one: Test) => either(one, shape({ any: listOf(one) }), shape({ all: listOf(one) }));
const interest = shape(
  { event: text },
  {
    ...events,
    property: text,
    value: scalar,
    weekday: oneOf(WEEKDAYS),
    predominantly: truth,
    at_least: number,
  },
);
const LEAF = either(
  shape({ did: several(present) }),
  shape({ did_not: several(absent) }),
  shape({ interest }),
  shape({ profile: condition }),
  shape({ near: shape({ latitude: number, longitude: number, km: number }, { properties: listOf(text, 2) }) }),
  shape({ reachable: oneOf(CHANNELS) }),
  shape({ segment: text }),
  shape({ list: text }),
);

/** Whether every part of a leaf has a control. */
export const canShow: (leaf: unknown) => boolean = LEAF;
