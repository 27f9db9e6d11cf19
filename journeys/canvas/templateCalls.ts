/** What pages ask the server about saved templates. Addresses are those of channels/template_urls.py. */

import { call, get, post, withQuery } from "../../config/islands/api";
import type { Template } from "./model/saved";

const BASE = "/api/templates";

/** Those that can be chosen on a channel, by name. */
export const list = (channel: string) =>
  get<{ templates: Template[] }>(withQuery(`${BASE}/`, { channel })).then((told) => told.templates);

export type Draft = Pick<Template, "name" | "channel" | "content">;

export const create = (draft: Draft) => post<Template>(`${BASE}/`, draft);

/** Save a change. It fails with the code “changed” if somebody else was faster. */
export const change = (id: number, draft: Draft & { revision: number }) =>
  call<Template>("PUT", `${BASE}/${id}/`, { body: draft });
