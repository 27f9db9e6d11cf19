import { expect, test } from "vitest";
import { KINDS } from "./clauses/kinds";
import { canShow } from "./shapes";
import { clause, group } from "./tree";
import { isUnfinished, missing } from "./unfinished";

test("a fresh clause of each kind has fields, and says what it needs", () => {
  const asks = Object.fromEntries(Object.entries(KINDS).map(([kind, { fresh }]) => [kind, missing(fresh)]));
  expect(asks).toEqual({
    did: ["Choose an event."],
    did_not: ["Choose an event."],
    profile: ["Choose a property.", "Enter a value."],
    interest: ["Choose an event.", "Choose a property.", "Enter a value."],
    reachable: [],
    segment: ["Choose a segment."],
    list: ["Choose a list."],
    near: ["Enter the latitude.", "Enter the longitude."],
  });
  expect(Object.values(KINDS).every(({ fresh }) => canShow(fresh))).toBe(true);
});

test("half a range, half a comparison and no days are unfinished", () => {
  const did = (part: object) => missing({ did: { event: "Charged", ...part } });
  expect(did({ within: { between: ["2026-01-01", null] } })).toEqual(["Enter a date."]);
  expect(did({ count: { op: "between", value: [1, null] } })).toEqual(["Enter a value."]);
  expect(did({ weekdays: [] })).toEqual(["Choose at least one day."]);
  expect(did({ where: [{ property: "items", op: "in", value: [] }] })).toEqual(["Add at least one value."]);
  expect(did({ where: [{ property: "note", op: "=", value: "" }] })).toEqual([]); // empty text is a value
  expect(did({ where: [] })).toEqual([]);
});

test("a group without parts is unfinished, also deep inside", () => {
  const full = clause({ reachable: "email" });
  expect(isUnfinished(group("all", [full]))).toBe(false);
  expect(isUnfinished(group("all", [full, group("any", [group("none")])]))).toBe(true);
  expect(isUnfinished(group("all"))).toBe(true);
});
