/** From a document to what is drawn: boxes, waiting points that appear by themselves, arrows. */

import type { Finding, JourneyDocument, Kinds, Link, Step } from "./document";
import { linksOf, nodesOf } from "./document";

/** Connectors that are decided after Sent: drawing one puts a phantom node behind the message (domain 5.6). */
const LATER = new Set(["delivered", "viewed", "clicked", "node_timeout"]);

export const ENTRY_ID = "entry";
export const WIDTH = 220;
const ENTRY_HEIGHT = 240;

export interface Arrow {
  id: string;
  source: string;
  target: string;
  via: string;
  /** The links that the arrow stands for: all of a connector, on the way to an intermediate node. */
  links: Link[];
  /** After an intermediate node: no name and no sleep of its own. */
  tail: boolean;
}

export interface Meeting {
  id: string;
  source: number | "entry";
  via: string;
  targets: number[];
}

/** The vias of an engagement node that lead off from its phantom node; empty without one. */
export function phantomVias(step: Step, links: Link[], kinds: Kinds): string[] {
  if (kinds.get(step.kind)?.role !== "engagement") return [];
  return links.filter((link) => link.from === step.id && LATER.has(link.via)).map((link) => link.via);
}

/** The intermediate nodes: connectors that are drawn to several segment nodes (domain 4.1). */
export function meetings(document: JourneyDocument): Meeting[] {
  const found = new Map<string, Meeting>();
  for (const link of linksOf(document)) {
    const id = `between-${link.from}-${link.via}`;
    const meeting = found.get(id) ?? { id, source: link.from, via: link.via, targets: [] };
    meeting.targets.push(link.to);
    found.set(id, meeting);
  }
  return [...found.values()].filter((meeting) => meeting.targets.length > 1);
}

export function arrows(document: JourneyDocument): Arrow[] {
  const there = new Set(nodesOf(document).map((step) => step.id));
  const between = new Map(meetings(document).map((meeting) => [meeting.id, meeting]));
  const drawn = new Map<string, Arrow>();
  for (const link of linksOf(document)) {
    if (!there.has(link.to) || (link.from !== "entry" && !there.has(link.from))) continue;
    const source = String(link.from);
    const meeting = between.get(`between-${link.from}-${link.via}`);
    if (!meeting) {
      const id = `${link.from}-${link.via}-${link.to}`;
      drawn.set(id, { id, source, target: String(link.to), via: link.via, links: [link], tail: false });
      continue;
    }
    const head = drawn.get(meeting.id);
    if (head) head.links.push(link);
    else
      drawn.set(meeting.id, { id: meeting.id, source, target: meeting.id, via: link.via, links: [link], tail: false });
    const id = `${meeting.id}-${link.to}`;
    drawn.set(id, { id, source: meeting.id, target: String(link.to), via: link.via, links: [link], tail: true });
  }
  return [...drawn.values()];
}

/** Segment nodes whose waiting people have no way out but a goal: no Node timeout drawn, and no journey timeout. */
export function waitsForEver(document: JourneyDocument, kinds: Kinds): Set<number> {
  if (document.timeout) return new Set();
  const out = new Set(
    linksOf(document)
      .filter((link) => link.via === "node_timeout")
      .map((link) => link.from),
  );
  const beside = meetings(document);
  const found = new Set<number>();
  for (const step of nodesOf(document)) {
    const kind = kinds.get(step.kind);
    const waits = kind?.role === "segment" || phantomVias(step, linksOf(document), kinds).length > 0;
    const others = beside.filter((it) => it.targets.includes(step.id)).flatMap((it) => it.targets);
    if (waits && !out.has(step.id) && !others.some((id) => out.has(id))) found.add(step.id);
  }
  return found;
}

export interface Marks {
  errors: Finding[];
  warnings: Finding[];
  /** Grey: nothing is filled in yet. */
  unfinished: boolean;
}

/** The findings of each node; those of the entry, the setup and the goals under 0. */
export function marks(document: JourneyDocument, findings: Finding[]): Map<number, Marks> {
  const found = new Map<number, Marks>();
  for (const finding of findings) {
    const number = finding.node ?? 0;
    const mark = found.get(number) ?? { errors: [], warnings: [], unfinished: false };
    (finding.level === "error" ? mark.errors : mark.warnings).push(finding);
    found.set(number, mark);
  }
  for (const step of nodesOf(document)) {
    const mark = found.get(step.id);
    if (mark?.errors.length && Object.keys(step.config ?? {}).length === 0) mark.unfinished = true;
  }
  return found;
}

export type Place = [number, number];

/** Where the entry stands: at the origin, or left of everything if a node is in its way there. */
export function entryPlace(where: Map<number, Place>): Place {
  const standing = [...where.values()];
  const close = standing.some(([x, y]) => Math.abs(x) < WIDTH + 40 && y > -ENTRY_HEIGHT && y < ENTRY_HEIGHT);
  return close ? [Math.min(...standing.map(([x]) => x)) - WIDTH - 110, 0] : [0, 0];
}

/** Where nodes stand that have no place yet: in columns by their distance from the entry. */
export function places(document: JourneyDocument): Map<number, Place> {
  const depth = new Map<number | "entry", number>([["entry", 0]]);
  const queue: (number | "entry")[] = ["entry"];
  while (queue.length) {
    const here = queue.shift() as number | "entry";
    for (const link of linksOf(document)) {
      if (link.from !== here || depth.has(link.to)) continue;
      depth.set(link.to, (depth.get(here) ?? 0) + 1);
      queue.push(link.to);
    }
  }
  const rows = new Map<number, number>();
  const found = new Map<number, Place>();
  for (const step of nodesOf(document)) {
    if (step.position) {
      found.set(step.id, step.position);
      continue;
    }
    const column = depth.get(step.id) ?? 1;
    const row = rows.get(column) ?? 0;
    rows.set(column, row + 1);
    found.set(step.id, [column * (WIDTH + 120), row * 170]);
  }
  return found;
}
