/** What the builder asks the server: names for type-ahead, what a rule says, how many it finds, saved segments. */

import { call, get, type Problem, post, withQuery } from "../../config/islands/api";
import type { Channel, Rule } from "./rule";

const BASE = "/api/segments";

export type NameKind = "event" | "event_property" | "profile_property" | "segment" | "list";
export type PropertyType = "string" | "number" | "boolean" | "date" | "list";

/** Something really received or saved. type: empty where there are no values. seen: in how many of those looked at. */
export interface Name {
  name: string;
  type: PropertyType | "";
  label: string;
  seen: number | null;
  values: unknown[];
}

export interface Counted {
  count: number;
  reachable: Partial<Record<Channel, number>>;
  ms: number;
  estimate: boolean;
}

export interface Sample {
  id: string | number;
  identity: string | null;
  name: string | null;
  email: string | null;
  url: string;
}

export interface Segment {
  id: number;
  name: string;
  description: string;
  rule: Rule;
  kind: string;
  version: number;
  /** holds: because of it the segment cannot be deleted or renamed. */
  used_by: { kind: string; name: string; state: string; holds: boolean; url: string }[];
  url: string;
}

const asked = new Map<string, Promise<Name[]>>();

/** Names that fit what was typed. The same question is asked once a page. */
export function names(kind: NameKind, q: string, event?: string): Promise<Name[]> {
  const url = withQuery(`${BASE}/names/`, { kind, q, event });
  let answer = asked.get(url);
  if (!answer) {
    answer = get<{ names: Name[] }>(url).then((told) => told.names);
    answer.catch(() => asked.delete(url));
    asked.set(url, answer);
  }
  return answer;
}

/** What a rule is checked as: under which name and kind, for which segment. */
export interface As {
  name?: string;
  kind?: string;
  id?: number;
}
export const check = (rule: Rule, as: As, signal: AbortSignal) =>
  post<{ sentence: string; problems: Problem[] }>(`${BASE}/check/`, { rule, ...as }, signal);

/** Count people. token: a second call with it cancels the first one, which then fails with the code “cancelled”. */
export const count = (rule: Rule, token: string, signal: AbortSignal) =>
  post<Counted>(`${BASE}/count/`, { rule, token }, signal);

/** Stop counting. Errors do not matter: the count ends by itself, too. */
export const cancelCount = (token: string) => void post(`${BASE}/cancel/`, { token }).catch(() => undefined);

export const samples = (rule: Rule, signal: AbortSignal) =>
  post<{ people: Sample[] }>(`${BASE}/samples/`, { rule }, signal).then((told) => told.people);

export type Draft = Pick<Segment, "name" | "description" | "kind" | "rule">;
export const load = (id: number) => get<Segment>(`${BASE}/${id}/`);
export const create = (draft: Draft) => call<Segment>("POST", `${BASE}/`, { body: draft });
export const update = (id: number, draft: Draft & { version: number }) =>
  call<Segment>("PUT", `${BASE}/${id}/`, { body: draft });
export const remove = (id: number) => call<void>("DELETE", `${BASE}/${id}/`);

export const history = (id: number, signal: AbortSignal) =>
  get<{ points: { at: string; count: number | null }[] }>(`${BASE}/${id}/history/`, signal).then((told) => told.points);
