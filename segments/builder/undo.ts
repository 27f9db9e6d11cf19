/** Undo and redo. Quick successive changes in one place, such as letters typed, are one step. */

const TOGETHER = 800; // milliseconds between changes that are undone together
const MOST = 200; // steps kept

export interface Steps<T> {
  past: T[];
  present: T;
  future: T[];
  /** Where the last change was, and when (milliseconds). */
  last: { place: string; at: number } | null;
}

export const begin = <T>(present: T): Steps<T> => ({ past: [], present, future: [], last: null });

/** A change. place: what it changed; changes of one place that follow quickly are one step. at: milliseconds. */
export function change<T>(steps: Steps<T>, present: T, place: string, at: number): Steps<T> {
  const together = place !== "" && steps.last?.place === place && at - steps.last.at < TOGETHER;
  const past = together ? steps.past : [...steps.past, steps.present].slice(-MOST);
  return { past, present, future: [], last: { place, at } };
}

export function undo<T>(steps: Steps<T>): Steps<T> {
  const before = steps.past.at(-1);
  if (before === undefined) return steps;
  return { past: steps.past.slice(0, -1), present: before, future: [steps.present, ...steps.future], last: null };
}

export function redo<T>(steps: Steps<T>): Steps<T> {
  const [next, ...future] = steps.future;
  if (next === undefined) return steps;
  return { past: [...steps.past, steps.present], present: next, future, last: null };
}
