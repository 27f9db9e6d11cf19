/** What the boxes on the canvas share: the kinds, whether anything may change, and what they ask for. */

import { createContext, useContext } from "react";
import type { NodeNumbers } from "../calls";
import type { Kinds, Link } from "../model/document";
import type { Focus } from "./selection";

export interface Shared {
  kinds: Kinds;
  /** Whether nodes and links may change. */
  editable: boolean;
  focus: (on: Focus) => void;
  dropOn: (target: "entry" | "goals", kind: string) => void;
  unlink: (links: Link[]) => void;
  /** What to show on the nodes of what they did with people; null: nothing. */
  numbers: Map<number, NodeNumbers> | null;
}

export const SharedContext = createContext<Shared | null>(null);

export function useShared(): Shared {
  const shared = useContext(SharedContext);
  if (!shared) throw new Error("A box of the canvas stands outside of it.");
  return shared;
}

/** What a palette item carries while it is dragged. */
export const DRAGGED = "application/x-sojourn-kind";
