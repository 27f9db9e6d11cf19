/** Every change of a document, as a function from one document to the next. Nothing here knows the screen. */

import type { Body, Config, Entry, JourneyDocument, Json, Kind, Kinds, Link, Sleep, Step } from "./document";
import { linksOf, nodesOf } from "./document";

export const MOST_NODES = 200;
const GRID = 20;

/** The next unused number: numbers are never given a second time within a document's life. */
export function nextNumber(document: JourneyDocument, taken: Iterable<number> = []): number {
  return 1 + Math.max(0, ...nodesOf(document).map((step) => step.id), ...taken);
}

export const snap = (value: number): number => Math.round(value / GRID) * GRID;

/** A node of a kind, put down at a place. */
export function addNode(document: JourneyDocument, kind: Kind, at: [number, number], number: number): JourneyDocument {
  const step: Step = { id: number, kind: kind.name, name: "", position: [snap(at[0]), snap(at[1])], config: {} };
  return { ...document, nodes: [...nodesOf(document), step] };
}

export function changeNode(document: JourneyDocument, id: number, change: Partial<Step>): JourneyDocument {
  return { ...document, nodes: nodesOf(document).map((step) => (step.id === id ? { ...step, ...change } : step)) };
}

export function moveNodes(document: JourneyDocument, places: Map<number, [number, number]>): JourneyDocument {
  const still = nodesOf(document).every((step) => {
    const to = places.get(step.id);
    return !to || (step.position?.[0] === Math.round(to[0]) && step.position[1] === Math.round(to[1]));
  });
  if (still) return document;
  const nodes = nodesOf(document).map((step) => {
    const to = places.get(step.id);
    return to ? { ...step, position: [Math.round(to[0]), Math.round(to[1])] as [number, number] } : step;
  });
  return { ...document, nodes };
}

/** Without nodes, and without the links that touch them. */
export function removeNodes(document: JourneyDocument, ids: Set<number>): JourneyDocument {
  return {
    ...document,
    nodes: nodesOf(document).filter((step) => !ids.has(step.id)),
    links: linksOf(document).filter((link) => !ids.has(link.to) && !(link.from !== "entry" && ids.has(link.from))),
  };
}

export const sameLink = (one: Link, other: Link): boolean =>
  one.from === other.from && one.via === other.via && one.to === other.to;

/**
 * Draw a link. A connector leads to one node, except to several segment nodes (the intermediate node): a link to
 * anything else takes the place of those that were there.
 */
export function connect(document: JourneyDocument, link: Link, kinds: Kinds): JourneyDocument {
  const links = linksOf(document);
  if (links.some((it) => sameLink(it, link)) || link.from === link.to) return document;
  const siblings = links.filter((it) => it.from === link.from && it.via === link.via);
  const waits = (id: number): boolean => {
    const step = nodesOf(document).find((it) => it.id === id);
    return Boolean(step && kinds.get(step.kind)?.beside);
  };
  const fan = waits(link.to) && siblings.every((it) => waits(it.to));
  const kept = fan ? links : links.filter((it) => !siblings.includes(it));
  const sleep = fan ? siblings[0]?.sleep : undefined;
  return { ...document, links: [...kept, sleep ? { ...link, sleep } : link] };
}

export function disconnect(document: JourneyDocument, gone: Link[]): JourneyDocument {
  return { ...document, links: linksOf(document).filter((link) => !gone.some((it) => sameLink(it, link))) };
}

/** The sleep of a link, and of those that leave by the same connector: one person waits once. */
export function setSleep(document: JourneyDocument, link: Link, sleep: Sleep | null): JourneyDocument {
  const links = linksOf(document).map((it) => {
    if (it.from !== link.from || it.via !== link.via) return it;
    const { sleep: _before, ...rest } = it;
    return sleep ? { ...rest, sleep } : rest;
  });
  return { ...document, links };
}

export function setEntry(document: JourneyDocument, change: Partial<Entry>): JourneyDocument {
  return { ...document, entry: { ...document.entry, ...change } };
}

/** Whether choosing other entry criteria would clear the entry segment. */
export function clearsEntry(document: JourneyDocument, criteria: "live" | "past", kinds: Kinds): boolean {
  const segment = document.entry?.segment;
  return Boolean(segment && !kinds.get(segment.kind)?.entry.includes(criteria));
}

/** Choose when people enter. What does not fit goes: the timeline, and an entry segment of the other sort. */
export function setCriteria(document: JourneyDocument, criteria: "live" | "past", kinds: Kinds): JourneyDocument {
  if (document.entry?.criteria === criteria) return document;
  const timeline: Record<string, Json> = criteria === "live" ? { start: "now", end: null } : { once: "now" };
  const segment = clearsEntry(document, criteria, kinds) ? null : (document.entry?.segment ?? null);
  return setEntry(document, { criteria, timeline, segment, re_entry: false });
}

/** An empty segment body of a kind, for the entry or a goal. */
export const newBody = (kind: string): Body => ({ kind, name: "" });

/** The configuration part of a body, without its kind and name. */
export function bodyConfig(body: Body): Config {
  const { kind: _kind, name: _name, ...config } = body;
  return config as Config;
}

export const withConfig = (body: Body, config: Config): Body => ({ kind: body.kind, name: body.name ?? "", ...config });

/** Copies of nodes with the links among them, moved a little, under new numbers. Returns the numbers too. */
export function paste(
  document: JourneyDocument,
  copied: { nodes: Step[]; links: Link[] },
  by: [number, number],
  from: number = nextNumber(document),
): { document: JourneyDocument; ids: number[] } {
  const numbers = new Map(copied.nodes.map((step, at) => [step.id, from + at]));
  const nodes = copied.nodes.map((step) => ({
    ...structuredClone(step),
    id: numbers.get(step.id) ?? step.id,
    position: [(step.position?.[0] ?? 0) + by[0], (step.position?.[1] ?? 0) + by[1]] as [number, number],
  }));
  const links = copied.links.flatMap((link) => {
    const [source, target] = [link.from === "entry" ? undefined : numbers.get(link.from), numbers.get(link.to)];
    return source && target ? [{ ...structuredClone(link), from: source, to: target }] : [];
  });
  return {
    document: { ...document, nodes: [...nodesOf(document), ...nodes], links: [...linksOf(document), ...links] },
    ids: [...numbers.values()],
  };
}

const [WIDE, TALL, ASIDE, DOWN] = [230, 150, 40, 40]; // about a box with its margin, and the steps to look further

/** How far to move copies so that they cover no node: a little to the side and as far down as it takes. */
export function clear(document: JourneyDocument, copies: Step[]): [number, number] {
  const taken = nodesOf(document).map((step): [number, number] => step.position ?? [0, 0]);
  for (let down = 60; ; down += DOWN) {
    const covers = copies.some(({ position }) =>
      taken.some(
        ([x, y]) =>
          Math.abs((position?.[0] ?? 0) + ASIDE - x) < WIDE && Math.abs((position?.[1] ?? 0) + down - y) < TALL,
      ),
    );
    if (!covers) return [ASIDE, down];
  }
}

/** A place, moved to the right of the entry if a node there would cover it. */
export function beside(at: [number, number], entry: [number, number]): [number, number] {
  const covers = Math.abs(at[0] - entry[0]) < WIDE && at[1] > entry[1] - TALL && at[1] < entry[1] + 2 * TALL;
  return covers ? [entry[0] + WIDE + 2 * ASIDE, at[1]] : at;
}

/** What copying some nodes takes along. */
export function copy(document: JourneyDocument, ids: Set<number>): { nodes: Step[]; links: Link[] } {
  return {
    nodes: nodesOf(document).filter((step) => ids.has(step.id)),
    links: linksOf(document).filter((link) => link.from !== "entry" && ids.has(link.from) && ids.has(link.to)),
  };
}
