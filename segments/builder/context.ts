/** What the parts of one rule editor know of the whole. */

import { createContext, useContext } from "react";
import type { Problem } from "../../config/islands/api";

export interface Added {
  wanted: boolean;
  id: string | null;
}

export interface Shared {
  /** Problems by the id of the part they are shown at. */
  problems: Map<string, Problem[]>;
  /** The number of each clause in reading order, from 1. */
  numbers: Map<string, number>;
  /** wanted: whether the clause that is being added shall take the focus. id: that clause, once it is there. */
  added: Added;
  /** Whether what is unfinished is said. */
  strict: boolean;
}

export const SharedContext = createContext<Shared>({
  problems: new Map(),
  numbers: new Map(),
  added: { wanted: false, id: null },
  strict: false,
});
export const useShared = () => useContext(SharedContext);
