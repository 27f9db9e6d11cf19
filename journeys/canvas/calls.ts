/** What the canvas asks the server. Addresses are those of journeys/urls.py. */

import { call, get, post, withQuery } from "../../config/islands/api";
import type { Finding, JourneyDocument, Kind } from "./model/document";

const BASE = "/api/journeys";

export interface VersionLine {
  number: number;
  status: string;
  published_at: string | null;
  start_at: string | null;
}

export interface Checked {
  findings: Finding[];
  /** Connectors of each node as it is configured; those of the entry under 0. */
  connectors: Record<string, string[]>;
  /** Connectors that must be drawn. */
  required: Record<string, string[]>;
}

export interface Move {
  name: string;
  consequence: string;
  grave: boolean;
}

export interface VersionAnswer extends Checked {
  journey: {
    id: number;
    name: string;
    description: string;
    labels: string[];
    flagged: string;
    versions: VersionLine[];
  };
  number: number;
  status: string;
  document: JourneyDocument;
  digest: string;
  editable: "all" | "what" | "none";
  created_by: string;
  published_by: string;
  published_at: string | null;
  start_at: string | null;
  end_at: string | null;
  moves: Move[];
  previous: { value: string; meaning: string }[];
}

const address = (journey: number, number: number) => `${BASE}/${journey}/versions/${number}/`;

export const palette = () => get<{ kinds: Kind[] }>(`${BASE}/palette/`).then((told) => told.kinds);

export const load = (journey: number, number: number) => get<VersionAnswer>(address(journey, number));

export const create = (document: JourneyDocument) => post<VersionAnswer>(`${BASE}/`, { document });

/** Save. seen: the digest of what was edited; the call fails with the code “changed” if it is not the newest. */
export const save = (journey: number, number: number, document: JourneyDocument, seen: string, force = false) =>
  call<VersionAnswer>("PUT", address(journey, number), { body: { document, seen, force } });

export const check = (document: JourneyDocument, journey: number, signal?: AbortSignal) =>
  post<Checked>(`${BASE}/check/`, { document, journey }, signal);

export const move = (journey: number, number: number, name: string, previous?: string) =>
  post<VersionAnswer>(`${address(journey, number)}moves/${name}/`, previous ? { previous } : {});

export const read = (text: string) => post<Checked & { document: JourneyDocument }>(`${BASE}/import/`, { text });

export const exportAddress = (journey: number, number: number, form: "yaml" | "json", another = false) =>
  `${address(journey, number)}export.${form}${another ? "?for=another_project" : ""}`;

/** What publishing would lead to, or stopping would end: sentences about the version as it is now. */
export interface Outlook {
  lines: { what: string; text: string }[];
}

export const outlook = (journey: number, number: number, document: JourneyDocument, signal: AbortSignal) =>
  post<Outlook>(`${address(journey, number)}outlook/`, { document }, signal);

// Numbers: journeys/stats says what each of them means ------------------------------------------------------------------

export interface Branch {
  via: string;
  name: string;
  entered: number;
  goals: number[];
  converted: number;
  rate: number | null;
}

export interface NodeNumbers {
  number: number;
  kind: string;
  label: string;
  role: string;
  name: string;
  entered: number;
  moved: number;
  forward: Record<string, number>;
  waiting_before: number;
  waiting_at: number;
  goal_before: Record<string, number>;
  goal_at: Record<string, number>;
  exits: Record<string, number>;
  outcomes: Record<string, number>;
  failed_updates: number;
  converted: number;
  influenced: number;
  revenue_cents: number;
  variants: Record<string, Record<string, number>>;
  paths: Branch[];
}

export interface NodeStats {
  entry: { qualified: number; entered: number; held_out: number };
  nodes: NodeNumbers[];
}

export interface Comparison {
  name: string;
  target: number;
  target_rate: number | null;
  control: number;
  control_rate: number | null;
  boost: number | null;
  low: number | null;
  high: number | null;
}

export interface JourneyStats {
  qualified: number;
  entered: number;
  held_out: number;
  inside: number;
  goal_met: number;
  completed: number;
  timed_out: number;
  force_exits: number;
  version_exits: number;
  /** Who entered and who met a goal, each person once. */
  people: number;
  people_met: number;
  rate: number | null;
  groups: Record<string, number>;
  conversions: Comparison[];
  trend: { day: string; entered: number; completed: number; goal_met: number; timed_out: number }[];
}

export interface EngagementRow {
  node: number;
  name: string;
  channel: string;
  campaign: number | null;
  entered: number;
  sent: number;
  delivered: number;
  viewed: number;
  clicked: number;
  failed: number;
  unreachable: number;
  replied: number;
  impressions: number;
  streamed: number;
  engaged: number;
  ctr: number | null;
  open_rate: number | null;
  converted: number;
  influenced: number;
  revenue: number;
  goals: Record<string, number>;
  variants: Record<string, Record<string, number>>;
}

/** Days of the account's calendar, YYYY-MM-DD, both included; empty: without that end. */
export interface Days {
  first: string;
  last: string;
}

const stats = <T>(what: string, journey: number, number: number, days: Days, unit = "") =>
  get<T>(withQuery(`${address(journey, number)}stats/${what}/`, { first: days.first, last: days.last, unit }));

export const nodeStats = (journey: number, number: number, days: Days) =>
  stats<NodeStats>("nodes", journey, number, days);
export const journeyStats = (journey: number, number: number, days: Days, unit: string) =>
  stats<JourneyStats>("journey", journey, number, days, unit);
export const engagementStats = (journey: number, number: number, days: Days) =>
  stats<{ rows: EngagementRow[] }>("engagement", journey, number, days).then((told) => told.rows);

/** How many took each path of a node in each day, week or month, and how many goals they met. */
export interface PathStats {
  days: string[];
  paths: { via: string; name: string; entered: number[]; conversions: number[] }[];
}

export const pathStats = (journey: number, number: number, node: number, days: Days, unit: string) =>
  stats<PathStats>(`nodes/${node}/paths`, journey, number, days, unit);

/** An IntelliNODE's paths as people are shared out now. winner: the path's place, from 1. */
export interface Shares {
  mode: "manual" | "automated";
  winner: number | null;
  paths: { name: string; percent: number; entered: number; converted: number }[];
  changes: { at: string; why: string; by: string | null; before: number[] | null; after: number[] }[];
}

export const shares = (journey: number, number: number, node: number) =>
  get<Shares>(`${address(journey, number)}nodes/${node}/shares/`);
export const declareWinner = (journey: number, number: number, node: number, path: number) =>
  post<Shares>(`${address(journey, number)}nodes/${node}/shares/`, { path });

// Before going live ------------------------------------------------------------------------------------------------------

export interface Previewed {
  /** Whose values were put in; null: of nobody known. */
  person: string | null;
  message?: Record<string, unknown>;
  /** Of an SMS: what it is sent in. room: characters that still fit into the last part; other: what makes it UCS-2. */
  parts?: { encoding: string; characters: number; parts: number; room: number; other: string };
  error?: string;
}

export interface PreviewAsked {
  kind: string;
  content: unknown;
  profile: string;
  event_name: string;
}

export const preview = (asked: PreviewAsked, signal: AbortSignal) => post<Previewed>(`${BASE}/preview/`, asked, signal);

/** People who are marked as test. most: how many one test goes to. */
export interface TestPeople {
  people: { id: number; name: string; email: string | null; phone: string | null }[];
  most: number;
}

export interface TestResult {
  id: number;
  name: string;
  outcome: "sent" | "recorded" | "failed" | "unreachable";
  /** A sentence; empty where it went out. */
  reason: string;
}

export interface TestAsked {
  node: number;
  kind: string;
  content: unknown;
  variant: string;
  provider: unknown;
  groups?: unknown;
  critical?: unknown;
  event_name: string;
  people: number[];
}

export const testPeople = (journey: number, number: number, signal: AbortSignal) =>
  get<TestPeople>(`${address(journey, number)}tests/`, signal);
export const sendTest = (journey: number, number: number, asked: TestAsked) =>
  post<{ results: TestResult[] }>(`${address(journey, number)}tests/`, asked).then((told) => told.results);

export interface PathMove {
  at: string;
  what: string;
  node?: number;
  via?: string;
  outcome?: string;
  reason?: string;
}

export interface Rehearsal {
  id: number;
  first: string;
  last: string;
  state: "waiting" | "playing" | "done" | "failed";
  /** How much is played, 0 to 1. */
  progress: number;
  error: string;
  result:
    | (NodeStats & {
        /** Of all people, 0 to 1. */
        share: number;
        people: number;
        events: number;
        /** Where the clock was when the time for rehearsals was over; null: the days were played to their end. */
        played_until?: string | null;
        /** Sentences about what people would do with messages; rehearsals of before they were told lack them. */
        assumed?: string[];
        paths: { profile: number | null; name: string; moves: PathMove[] }[];
      })
    | null;
}

export const rehearse = (document: JourneyDocument, days: Days) =>
  post<Rehearsal>(`${BASE}/rehearsals/`, { document, ...days });
export const rehearsal = (id: number, signal: AbortSignal) => get<Rehearsal>(`${BASE}/rehearsals/${id}/`, signal);
export const leaveRehearsal = (id: number) => void call("DELETE", `${BASE}/rehearsals/${id}/`).catch(() => undefined);
