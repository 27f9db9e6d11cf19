/** What the canvas asks the server. Addresses are those of journeys/urls.py. */

import { call, get, post } from "../../config/islands/api";
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

export const check = (document: JourneyDocument, signal?: AbortSignal) =>
  post<Checked>(`${BASE}/check/`, { document }, signal);

export const move = (journey: number, number: number, name: string, previous?: string) =>
  post<VersionAnswer>(`${address(journey, number)}moves/${name}/`, previous ? { previous } : {});

export const read = (text: string) => post<Checked & { document: JourneyDocument }>(`${BASE}/import/`, { text });

export const exportAddress = (journey: number, number: number, form: "yaml" | "json") =>
  `${address(journey, number)}export.${form}`;

/** What publishing would lead to, or stopping would end: sentences about the version as it is now. */
export interface Outlook {
  lines: { what: string; text: string }[];
}

export const outlook = (journey: number, number: number, document: JourneyDocument, signal: AbortSignal) =>
  post<Outlook>(`${address(journey, number)}outlook/`, { document }, signal);
