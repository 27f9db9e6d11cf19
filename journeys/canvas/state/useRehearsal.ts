/** One rehearsal at a time: begun, followed until it is over, left. */

import { useCallback, useEffect, useRef, useState } from "react";
import { isAbort } from "../../../config/islands/api";
import * as calls from "../calls";
import type { JourneyDocument } from "../model/document";

const PAUSE = 700; // milliseconds between two looks

export interface RehearsalState {
  now: calls.Rehearsal | null;
  error: string;
  begin: (document: JourneyDocument, days: calls.Days) => Promise<void>;
  leave: () => void;
}

export function useRehearsal(): RehearsalState {
  const [now, setNow] = useState<calls.Rehearsal | null>(null);
  const [error, setError] = useState("");
  const current = useRef<number | null>(null);
  const id = now?.id;
  const under = now?.state === "waiting" || now?.state === "playing";

  useEffect(() => {
    if (id === undefined || !under) return;
    const stop = new AbortController();
    let wait: ReturnType<typeof setTimeout>;
    const look = () =>
      calls.rehearsal(id, stop.signal).then(
        (told) => {
          setNow(told);
          wait = setTimeout(look, PAUSE);
        },
        (reason) => {
          if (!isAbort(reason)) setError(reason instanceof Error ? reason.message : String(reason));
        },
      );
    wait = setTimeout(look, PAUSE);
    return () => {
      clearTimeout(wait);
      stop.abort();
    };
  }, [id, under]);

  const leave = useCallback(() => {
    if (current.current !== null) calls.leaveRehearsal(current.current);
    current.current = null;
    setNow(null);
    setError("");
  }, []);

  const begin = useCallback(
    async (document: JourneyDocument, days: calls.Days) => {
      leave();
      try {
        const made = await calls.rehearse(document, days);
        current.current = made.id;
        setNow(made);
      } catch (reason) {
        setError(reason instanceof Error ? reason.message : String(reason));
      }
    },
    [leave],
  );
  return { now, error, begin, leave };
}
