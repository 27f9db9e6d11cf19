/** What the panel beside the canvas is about. */

import type { Link } from "../model/document";

export type Focus =
  | { on: "nothing" }
  /** part: of the node, as “window” or “content”. */
  | { on: "node"; id: number; part?: string }
  | { on: "link"; link: Link }
  | { on: "entry" }
  | { on: "setup" }
  | { on: "goals"; at?: number };

export const NOTHING: Focus = { on: "nothing" };
