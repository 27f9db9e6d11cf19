/** The journey document as the canvas holds it: the same JSON that the API takes, unknown parts kept as they are. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Config = Record<string, Json>;

export interface Sleep {
  after?: string | null;
  days?: number | null;
  clock?: string | null;
  only?: { weekdays?: string[]; from?: string | null; to?: string | null } | null;
  best_time?: Record<string, Json> | null;
}

export interface Link {
  from: number | "entry";
  via: string;
  to: number;
  sleep?: Sleep | null;
}

export interface Step {
  id: number;
  kind: string;
  name?: string;
  position?: [number, number] | null;
  window?: string | null;
  config?: Config;
}

/** A segment node body: kind, name, and the kind's configuration beside them. */
export type Body = { kind: string; name?: string } & Record<string, Json | undefined>;

export interface Entry {
  criteria?: "live" | "past";
  segment?: Body | null;
  timeline?: Record<string, Json> | null;
  re_entry?: boolean;
  cap?: { total?: number | null; per_day?: number | null };
}

export interface JourneyDocument {
  name?: string;
  description?: string;
  labels?: string[];
  entry?: Entry;
  goals?: Body[];
  nodes?: Step[];
  links?: Link[];
  [part: string]: unknown;
}

/** A node kind as /api/journeys/palette/ tells of it. */
export interface Kind {
  name: string;
  label: string;
  hint: string;
  role: "segment" | "engagement" | "controller";
  group: string;
  entry: ("live" | "past")[];
  middle: boolean;
  goal: boolean;
  beside: boolean;
  has_window: boolean;
  vias: string[];
  schema: Record<string, unknown>;
}

export type Kinds = Map<string, Kind>;

export interface Finding {
  code: string;
  level: "error" | "warning";
  node: number | null;
  field: string;
  message: string;
}

export const nodesOf = (document: JourneyDocument): Step[] => document.nodes ?? [];
export const linksOf = (document: JourneyDocument): Link[] => document.links ?? [];
export const goalsOf = (document: JourneyDocument): Body[] => document.goals ?? [];
export const stepOf = (document: JourneyDocument, id: number): Step | undefined =>
  nodesOf(document).find((step) => step.id === id);

/** What a node is called: its name, else its kind. */
export function title(step: Step, kinds: Kinds): string {
  return step.name?.trim() || kinds.get(step.kind)?.label || step.kind;
}

/** The name of the event that leads everybody in; empty if none does, or several. */
export function leadingEvent(document: JourneyDocument): string {
  const { event, events }: Partial<Body> = document.entry?.segment ?? {};
  const given = Array.isArray(events) ? (events.length === 1 ? events[0] : null) : event;
  const name = given && typeof given === "object" && !Array.isArray(given) ? given.event : undefined;
  return typeof name === "string" ? name : "";
}

/** The events that a segment of these kinds brings along for messages behind it (domain 12); null: it brings none. */
function eventsOf(kind: string, config: Partial<Body>): string[] | null {
  const named = (it: Json | undefined) =>
    it && typeof it === "object" && !Array.isArray(it) && typeof it.event === "string" ? [it.event] : [];
  if (kind === "action") return Array.isArray(config.events) ? config.events.flatMap(named) : [];
  if (kind === "inaction") return named(config.event);
  if (kind === "date_time") return String(config.of ?? "").startsWith("event:") ? [String(config.of).slice(6)] : [];
  return null;
}

/** The name of the event whose properties a node's message may show: that of the segments nearest before it. Empty if
 * there is none, or they are several. */
export function eventBefore(document: JourneyDocument, id: number): string {
  const names = new Set<string>();
  const seen = new Set<number>();
  const ahead = [id];
  for (let here = ahead.pop(); here !== undefined; here = ahead.pop()) {
    for (const { from, to } of linksOf(document)) {
      if (to !== here) continue;
      const step = from === "entry" ? undefined : stepOf(document, from);
      const segment = document.entry?.segment;
      const found = step ? eventsOf(step.kind, step.config ?? {}) : segment ? eventsOf(segment.kind, segment) : null;
      for (const name of found ?? []) names.add(name);
      if (!found && step && !seen.has(step.id)) {
        seen.add(step.id);
        ahead.push(step.id);
      }
    }
  }
  return names.size === 1 ? ([...names][0] ?? "") : "";
}

/** The names of a split's or an IntelliNODE's paths. */
export function pathNames(step: Step | undefined): string[] {
  const paths = step?.config?.paths;
  if (!Array.isArray(paths)) return [];
  return paths.map((path) => (path && typeof path === "object" && !Array.isArray(path) ? String(path.name ?? "") : ""));
}
