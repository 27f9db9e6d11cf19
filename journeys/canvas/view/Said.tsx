/** A sentence about what was just done, or why it was not: for a while, at the foot of the canvas. */

import { useEffect } from "react";

const WHILE = 6000; // milliseconds

export function Said({ text, onGone }: { text: string; onGone: () => void }) {
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new sentence has its own time
  useEffect(() => {
    const wait = setTimeout(onGone, WHILE);
    return () => clearTimeout(wait);
  }, [text]);
  return (
    <p className={`cv-said ${text ? "" : "nothing"}`} role="status">
      {text}
    </p>
  );
}
