/** What is there around the journey that is edited: what the page told, for whoever needs it. */

import { createContext } from "react";
import type { Kinds } from "../model/document";

export interface Surroundings {
  kinds: Kinds;
  journeys: { id: number; name: string }[];
  /** Names of custom control groups. */
  groups: string[];
  /** Whether the person who looks may see people. */
  people: boolean;
  /** Whether the person who looks may rehearse. */
  rehearse: boolean;
  /** Channels on which the person who looks may send tests, and why one has none, if it is so. */
  tests: Record<string, string>;
  /** The channels for which the person who looks may save templates. */
  saves: string[];
}

export const Around = createContext<Surroundings>({
  kinds: new Map(),
  journeys: [],
  groups: [],
  people: false,
  rehearse: false,
  tests: {},
  saves: [],
});
