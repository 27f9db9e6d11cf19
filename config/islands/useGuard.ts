/** Work that is not saved is not lost by a click. */

import { useEffect } from "react";

/** Ask before the page is left with changes that are not saved. */
export function useGuard(dirty: boolean): void {
  useEffect(() => {
    if (!dirty) return;
    const ask = (leave: BeforeUnloadEvent) => leave.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [dirty]);
}
