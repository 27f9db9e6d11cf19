/** A way to look at the canvas that somebody chose: kept in this browser. */

import { useState } from "react";

export function useKept(name: string, otherwise: boolean): [boolean, (on: boolean) => void] {
  const key = `sojourn canvas ${name}`;
  const [on, setOn] = useState(() => {
    try {
      const text = localStorage.getItem(key);
      return text === null ? otherwise : text === "yes";
    } catch {
      return otherwise; // a forbidden store
    }
  });
  const choose = (next: boolean) => {
    setOn(next);
    try {
      localStorage.setItem(key, next ? "yes" : "no");
    } catch {
      // It holds for this visit.
    }
  };
  return [on, choose];
}
