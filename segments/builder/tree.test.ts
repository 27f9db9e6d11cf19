import { expect, test } from "vitest";
import corpus from "./corpus.json";
import type { Rule } from "./rule";
import { canShow } from "./shapes";
import { clauses, type Group, group, isGroup, place, places, toRule, toTree } from "./tree";
import { isUnfinished } from "./unfinished";

const CHARGED: Rule = { did: { event: "Charged" } };
const GOLD: Rule = { profile: { property: "plan", op: "=", value: "gold" } };
const MAIL: Rule = { reachable: "email" };

test.each(corpus.map((rule) => [JSON.stringify(rule), rule]))("%s comes back as it was", (text, rule) => {
  expect(JSON.stringify(toRule(toTree(rule as Rule)))).toBe(text); // the order of keys too
});

test("the corpus has every kind of clause, and there is a field for all of it", () => {
  const leaves = corpus.flatMap((rule) => clauses(toTree(rule as Rule)).map((part) => part.value));
  const kinds = new Set(leaves.map((leaf) => Object.keys(leaf)[0]));
  expect([...kinds].sort()).toEqual(["did", "did_not", "interest", "list", "near", "profile", "reachable", "segment"]);
  expect(leaves.filter((leaf) => !canShow(leaf))).toEqual([]);
  expect(corpus.filter((rule) => isUnfinished(toTree(rule as Rule)))).toEqual([]);
});

test("what has no field stays as it is", () => {
  const strange = { all: [{ did: { event: "Charged", mood: "happy" } }, { all: [], any: [] }, { astral: 1 }] };
  const tree = toTree(strange as unknown as Rule);
  expect(clauses(tree).map((part) => canShow(part.value))).toEqual([false, false, false]);
  expect(toRule(tree)).toEqual(strange);
});

test("no rule is a group without parts, and the other way round", () => {
  expect(toTree(null).rules).toEqual([]);
  expect(toRule(group("any"))).toBeNull();
});

test("a clause that was alone becomes a group when another one joins it", () => {
  const tree = toTree(CHARGED);
  expect(toRule({ ...tree, rules: [...tree.rules, ...toTree(GOLD).rules] })).toEqual({ all: [CHARGED, GOLD] });
});

test("not one thing becomes none of two when another one joins it", () => {
  const tree = toTree({ not: CHARGED });
  expect(tree.combinator).toBe("none");
  expect(toRule({ ...tree, rules: [...tree.rules, ...toTree(GOLD).rules] })).toEqual({ not: { any: [CHARGED, GOLD] } });
});

test("all that the four words for groups mean", () => {
  const rules = [CHARGED, GOLD].flatMap((rule) => toTree(rule).rules);
  expect(toRule(group("all", rules))).toEqual({ all: [CHARGED, GOLD] });
  expect(toRule(group("any", rules))).toEqual({ any: [CHARGED, GOLD] });
  expect(toRule(group("none", rules))).toEqual({ not: { any: [CHARGED, GOLD] } });
  expect(toRule(group("not_all", rules))).toEqual({ not: { all: [CHARGED, GOLD] } });
});

test("every part knows its place in the rule", () => {
  const tree = toTree({ all: [CHARGED, { not: { any: [GOLD, { not: MAIL }] } }] });
  expect([...places(tree).values()]).toEqual([
    "",
    "all.0",
    "all.1",
    "all.1.not.any.0",
    "all.1.not.any.1",
    "all.1.not.any.1.not",
  ]);
});

test("a problem is shown at the innermost part that it is about", () => {
  const tree = toTree({ all: [CHARGED, { not: { any: [GOLD, { not: MAIL }] } }] });
  const about = (field: string) => {
    const [id] = [...place(tree, [{ field }]).keys()];
    const find = (part: Group): unknown =>
      part.id === id
        ? part.combinator
        : part.rules.map((it) => (isGroup(it) ? find(it) : it.id === id && it.value)).find(Boolean);
    return find(tree);
  };
  expect(about("all.0.did.count.value")).toEqual(CHARGED);
  expect(about("all.1.not.any.0.profile.value")).toEqual(GOLD);
  expect(about("all.1.not.any.1.not.reachable")).toEqual(MAIL);
  expect(about("all.1")).toBe("none");
  expect(about("all.10")).toBe("all"); // not all.1
  expect(about("")).toBe("all");
});

test("a problem of a rule that is one clause is shown at the clause", () => {
  const tree = toTree(CHARGED);
  expect([...place(tree, [{ field: "did.event" }]).keys()]).toEqual([clauses(tree)[0]?.id]);
});
