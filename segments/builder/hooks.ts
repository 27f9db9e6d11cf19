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

interface Options {
  /** What else the answer depends on. */
  about?: string;
  /** Milliseconds without a change before the server is asked. */
  pause?: number;
  /** Whether to hold the question back for the moment. */
  wait?: boolean;
}
type Ask<T> = (rule: Rule, signal: AbortSignal) => Promise<T>;

/** Ask about a rule; null asks nothing. `ask` gets a signal that ends when the rule changes. */
function useAnswer<T>(rule: Rule | null, ask: Ask<T>, { about = "", pause = 0, wait = false }: Options): Asked<T> {
  const [told, setTold] = useState<{ of: string; answer: T | null; error: string | null }>();
  const asking = useRef(ask);
  asking.current = ask;
  const text = rule && JSON.stringify(rule);
  const question = `${text} ${about}`;
  useEffect(() => {
    if (!text || wait) return;
    const abort = new AbortController();
    const start = setTimeout(() => {
      asking.current(JSON.parse(text) as Rule, abort.signal).then(
        (answer) => setTold({ of: question, answer, error: null }),
        (error: unknown) => {
          const over = abort.signal.aborted || isAbort(error);
          if (over || (error instanceof ApiError && error.code === "cancelled")) return;
          setTold({ of: question, answer: null, error: error instanceof Error ? error.message : String(error) });
        },
      );
    }, pause);
    return () => {
      clearTimeout(start);
      abort.abort();
    };
  }, [text, question, pause, wait]);
  if (!text) return { answer: null, error: null, stale: false };
  return { answer: told?.answer ?? null, error: told?.error ?? null, stale: told?.of !== question };
}

export interface Checked {
  sentence: string;
  problems: Problem[];
}

/** What a finished rule says in English, and what is wrong with it. */
export const useCheck = (rule: Rule | null, as: calls.As = NOTHING): Asked<Checked> =>
  useAnswer(rule, (it, signal) => calls.check(it, as, signal), { about: JSON.stringify(as), pause: PAUSE });

/** How many people a rule finds now, and who can be reached. The count in flight is cancelled, on the server too.
 * wait: until the rule has been checked. */
export function useCount(rule: Rule | null, wait: boolean): Asked<calls.Counted> {
  const [token] = useState(() => `builder-${Math.random().toString(36).slice(2)}${Date.now().toString(36)}`);
  useEffect(() => () => calls.cancelCount(token), [token]);
  return useAnswer(rule, (it, signal) => calls.count(it, token, signal), { wait });
}

/** Some of those whom a rule finds. wait: until the rule has been checked. */
export const useSamples = (rule: Rule | null, wait: boolean): Asked<calls.Sample[]> =>
  useAnswer(rule, (it, signal) => calls.samples(it, signal), { wait });
