/** What two documents differ in, node by node and link by link, for looking at two versions side by side. */

import type { JourneyDocument, Link, Step } from "./document";
import { linksOf, nodesOf, stepOf } from "./document";

export interface Difference {
  added: Set<number>;
  removed: Step[];
  changed: Map<number, ("kind" | "name" | "window" | "config")[]>;
  links: { added: Link[]; removed: Link[] };
  /** The parts of the setup that differ: name, entry, goals, dnd … */
  setup: string[];
}

const same = (one: unknown, other: unknown): boolean => JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).filter(([, it]) => it !== undefined);
  return Object.fromEntries(
    entries.sort(([one], [other]) => (one < other ? -1 : 1)).map(([key, it]) => [key, sorted(it)]),
  );
}

/** One value that differs. path: its place in the part compared; before and after: undefined where there is none. */
export interface Change {
  path: string;
  before: unknown;
  after: unknown;
}

/** The values in which two parts of a document differ, as deep as both go. */
export function changes(before: unknown, after: unknown, path = ""): Change[] {
  if (same(before, after)) return [];
  const parts = (value: unknown) =>
    value !== null && typeof value === "object" && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  const [one, other] = [parts(before), parts(after)];
  if (!one || !other) return [{ path, before, after }];
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].flatMap((key) =>
    changes(one[key], other[key], path ? `${path}.${key}` : key),
  );
}

/** Where nodes stand is no difference. */
export function compare(before: JourneyDocument, after: JourneyDocument): Difference {
  const changed: Difference["changed"] = new Map();
  const added = new Set<number>();
  for (const step of nodesOf(after)) {
    const old = stepOf(before, step.id);
    if (!old) added.add(step.id);
    else {
      const parts = (["kind", "name", "window", "config"] as const).filter((part) => !same(old[part], step[part]));
      if (parts.length) changed.set(step.id, parts);
    }
  }
  const setup = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (part) => part !== "nodes" && part !== "links" && !same(before[part], after[part]),
  );
  return {
    added,
    removed: nodesOf(before).filter((step) => !stepOf(after, step.id)),
    changed,
    links: {
      added: linksOf(after).filter((link) => !linksOf(before).some((it) => same(it, link))),
      removed: linksOf(before).filter((link) => !linksOf(after).some((it) => same(it, link))),
    },
    setup,
  };
}
