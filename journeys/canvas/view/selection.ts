/** What the panel beside the canvas is about. */

import type { Link } from "../model/document";

export type Focus =
  | { on: "nothing" }
  | { on: "node"; id: number; part?: "window" }
  | { on: "link"; link: Link }
  | { on: "entry" }
  | { on: "setup" }
  | { on: "goals"; at?: number };

export const NOTHING: Focus = { on: "nothing" };
