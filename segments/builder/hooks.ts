/** What the server says of the rule on the page, following edits; what was asked before is given up. */

import { useEffect, useRef, useState } from "react";
import { ApiError, isAbort, type Problem } from "../../config/islands/api";
import * as calls from "./calls";
import type { Rule } from "./rule";

const PAUSE = 350; // milliseconds without an edit before the server is asked

const NOTHING: calls.As = {};

/** An answer that is asked for. stale: it is of an earlier rule, and a new one is on its way. */
export interface Asked<T> {
  answer: T | null;
  error: string | null;
  stale: boolean;
}

type Ask<T> = (rule: Rule, signal: AbortSignal) => Promise<T>;

/** Ask about a rule after a pause in editing; null asks nothing. `ask` gets a signal that ends when the rule changes.
 * about: what else the answer depends on. */
function useAnswer<T>(rule: Rule | null, ask: Ask<T>, about = ""): Asked<T> {
  const [state, setState] = useState<Asked<T>>({ answer: null, error: null, stale: rule !== null });
  const asking = useRef(ask);
  asking.current = ask;
  const text = rule && JSON.stringify(rule);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another `about` asks again
  useEffect(() => {
    if (!text) {
      setState({ answer: null, error: null, stale: false });
      return;
    }
    const abort = new AbortController();
    setState((before) => ({ ...before, stale: true }));
    const wait = setTimeout(() => {
      asking.current(JSON.parse(text) as Rule, abort.signal).then(
        (answer) => setState({ answer, error: null, stale: false }),
        (error: unknown) => {
          if (abort.signal.aborted || isAbort(error) || (error instanceof ApiError && error.code === "cancelled"))
            return;
          setState({ answer: null, error: error instanceof Error ? error.message : String(error), stale: false });
        },
      );
    }, PAUSE);
    return () => {
      clearTimeout(wait);
      abort.abort();
    };
  }, [text, about]);
  return state;
}

export interface Checked {
  sentence: string;
  problems: Problem[];
}

/** What a finished rule says in English, and what is wrong with it. */
export const useCheck = (rule: Rule | null, as: calls.As = NOTHING): Asked<Checked> =>
  useAnswer(rule, (it, signal) => calls.check(it, as, signal), JSON.stringify(as));

/** How many people a rule finds now, and who can be reached. The count in flight is cancelled, on the server too. */
export function useCount(rule: Rule | null): Asked<calls.Counted> {
  const [token] = useState(() => `builder-${Math.random().toString(36).slice(2)}${Date.now().toString(36)}`);
  useEffect(() => () => calls.cancelCount(token), [token]);
  return useAnswer(rule, (it, signal) => calls.count(it, token, signal));
}

export const useSamples = (rule: Rule | null): Asked<calls.Sample[]> =>
  useAnswer(rule, (it, signal) => calls.samples(it, signal));

/** Ask before the page is left with changes that are not saved. */
export function useGuard(dirty: boolean): void {
  useEffect(() => {
    if (!dirty) return;
    const ask = (leave: BeforeUnloadEvent) => leave.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [dirty]);
}
