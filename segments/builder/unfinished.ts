/** What is still to be filled in. A rule with something to fill in is not sent, so nobody reads a count of half a rule. */

import { clauses, type Group, isGroup } from "./tree";

const ASKS: Record<string, string> = {
  event: "Choose an event.",
  property: "Choose a property.",
  properties: "Name the two properties that hold latitude and longitude.",
  segment: "Choose a segment.",
  list: "Choose a list.",
  value: "Enter a value.",
  latitude: "Enter the latitude.",
  longitude: "Enter the longitude.",
  km: "Enter how many kilometres.",
  last: "Enter how long ago at most.",
  days_ago: "Enter how many days ago.",
  today: "Enter how many days from today.",
  at_least: "Enter a percentage.",
  from: "Enter from when.",
  to: "Enter until when.",
  weekdays: "Choose at least one day.",
};
const WORDS = ["event", "property", "properties", "segment", "list"];

/** What a clause still asks for, as sentences; none if it is finished. */
export function missing(leaf: object): string[] {
  const asks = new Set<string>();
  const visit = (value: unknown, key: string) => {
    const ask = ASKS[key] ?? "Enter a date.";
    if (value === null || (value === "" && WORDS.includes(key))) asks.add(ask);
    else if (Array.isArray(value)) {
      if (value.length === 0 && key === "value") asks.add("Add at least one value.");
      else if (value.length === 0 && key === "weekdays") asks.add(ask);
      for (const item of value) visit(item, key);
    } else if (typeof value === "object") {
      for (const [inner, part] of Object.entries(value)) visit(part, inner);
    }
  };
  visit(leaf, "");
  return [...asks];
}

/** Whether a tree has clauses to finish or groups without any. */
export function isUnfinished(tree: Group): boolean {
  const hasEmpty = (part: Group): boolean =>
    part.rules.length === 0 || part.rules.some((inner) => isGroup(inner) && hasEmpty(inner));
  return hasEmpty(tree) || clauses(tree).some((part) => missing(part.value).length > 0);
}
