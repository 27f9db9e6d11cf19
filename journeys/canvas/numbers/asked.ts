import { useEffect, useRef, useState } from "react";

/** What the server says, asked for again when the key changes; the last answer stays until the next one is there. */
export function useAsked<T>(key: string, ask: () => Promise<T>): { answer: T | null; error: string } {
  const [state, setState] = useState<{ answer: T | null; error: string }>({ answer: null, error: "" });
  const asking = useRef(ask);
  asking.current = ask;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another key asks again
  useEffect(() => {
    let current = true;
    asking.current().then(
      (answer) => current && setState({ answer, error: "" }),
      (reason: unknown) =>
        current && setState({ answer: null, error: reason instanceof Error ? reason.message : String(reason) }),
    );
    return () => {
      current = false;
    };
  }, [key]);
  return state;
}

export const count = (value: number): string => value.toLocaleString("en");
export const percent = (value: number | null): string =>
  value === null ? "–" : `${value.toFixed(value < 10 ? 2 : 1)} %`;
export const sum = (counts: Record<string, number>): number =>
  Object.values(counts).reduce((one, other) => one + other, 0);
