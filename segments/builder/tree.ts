/**
 * Rules as the tree that react-querybuilder edits, and back, without losing or adding anything.
 *
 * A group's combinator is all, any, none (not any of) or not_all. A clause holds its leaf as it is in the document. Two
 * marks keep apart what looks alike: `bare` on a group that stands for no group in the document, because the tree needs
 * one (around a rule that is a single clause, inside a not). It holds as long as it has one part.
 */

import type { RuleGroupType, RuleType } from "react-querybuilder";
import type { Leaf, Rule } from "./rule";

export type Combinator = "all" | "any" | "none" | "not_all";
export interface Group extends RuleGroupType {
  id: string;
  combinator: Combinator;
  bare?: boolean;
  rules: (Group | Clause)[];
}
export interface Clause extends RuleType {
  id: string;
  value: Leaf;
}

let made = 0;
/** A name for a new part of a tree, not used before on this page. */
export const newId = () => `part-${++made}`;

export const clause = (leaf: Leaf): Clause => ({ id: newId(), field: "clause", operator: "=", value: leaf });
export const group = (combinator: Combinator, rules: Group["rules"] = [], bare = false): Group =>
  bare ? { id: newId(), combinator, rules, bare } : { id: newId(), combinator, rules };

export const isGroup = (part: Group | Clause): part is Group => "rules" in part;

/** A rule as a tree; null is one without any part. */
export function toTree(rule: Rule | null): Group {
  if (rule === null) return group("all");
  const tree = read(rule);
  return isGroup(tree) ? tree : group("all", [tree], true);
}

function read(rule: Rule): Group | Clause {
  if (has(rule, "all")) return group("all", rule.all.map(read));
  if (has(rule, "any")) return group("any", rule.any.map(read));
  if (!has(rule, "not")) return clause(rule as Leaf);
  if (has(rule.not, "any")) return group("none", rule.not.any.map(read));
  if (has(rule.not, "all")) return group("not_all", rule.not.all.map(read));
  return group("none", [read(rule.not)], true);
}

/** Whether a rule is {key: …}, of the shape that a group must have. */
function has<K extends "all" | "any" | "not">(rule: unknown, key: K): rule is Extract<Rule, Record<K, unknown>> {
  if (typeof rule !== "object" || rule === null || Object.keys(rule).length !== 1 || !(key in rule)) return false;
  const body = (rule as Record<string, unknown>)[key];
  return key === "not" ? typeof body === "object" && body !== null : Array.isArray(body) && body.length > 0;
}

/** The rule of a tree; null if it has no part. A group inside without any part is {all: []}, which the server refuses. */
export function toRule(tree: Group): Rule | null {
  return tree.rules.length === 0 ? null : write(tree);
}

function write(part: Group | Clause): Rule {
  if (!isGroup(part)) return part.value;
  const rules = part.rules.map(write);
  const [only] = rules;
  const bare = part.bare && rules.length === 1 && only !== undefined;
  if (part.combinator === "none") return { not: bare ? only : { any: rules } };
  if (part.combinator === "not_all") return { not: { all: rules } };
  if (bare) return only;
  return part.combinator === "all" ? { all: rules } : { any: rules };
}

/** Where each part is in the rule: its path (“any.0.not”) by id. */
export function places(tree: Group): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (part: Group | Clause, path: string[]) => {
    found.set(part.id, path.join("."));
    if (!isGroup(part)) return;
    const bare = part.bare && part.rules.length === 1;
    const inner = part.combinator === "none" || part.combinator === "not_all" ? [...path, "not"] : path;
    const key = part.combinator === "none" ? "any" : part.combinator === "not_all" ? "all" : part.combinator;
    part.rules.forEach((child, index) => {
      visit(child, bare && part.combinator !== "not_all" ? inner : [...inner, key, String(index)]);
    });
  };
  visit(tree, []);
  return found;
}

/** Each problem at the innermost part that its path leads into: ids with their problems. */
export function place<P extends { field: string }>(tree: Group, problems: readonly P[]): Map<string, P[]> {
  const parts = [...places(tree)];
  const placed = new Map<string, P[]>();
  for (const problem of problems) {
    const inside = parts.filter(([, path]) => path === "" || `${problem.field}.`.startsWith(`${path}.`));
    // Of two parts with one path (a bare group and its clause), the later one is the inner one.
    const [id] = inside.reduce((best, next) => (next[1].length >= best[1].length ? next : best), ["", ""]);
    placed.set(id, [...(placed.get(id) ?? []), problem]);
  }
  return placed;
}

/** All clauses of a tree, in order. */
export function clauses(tree: Group): Clause[] {
  return tree.rules.flatMap((part) => (isGroup(part) ? clauses(part) : [part]));
}
