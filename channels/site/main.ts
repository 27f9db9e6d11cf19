/** sojourn.js: in a page, its site's visitor; in the site's service worker, web push. See decision 36. */

import { Site } from "./page";
import { serve } from "./worker";

declare global {
  interface Window {
    sojourn?: Site;
  }
}

if (typeof document === "undefined") serve(self as never);
else {
  const script = document.currentScript as HTMLScriptElement | null;
  const { key, api, identity, signature } = script?.dataset ?? {};
  if (!script || !key) console.warn("Sojourn: the script has no data-key.");
  else if (!window.sojourn) {
    const site = new Site(api ?? new URL(`/1/web/${key}`, script.src).href);
    window.sojourn = site;
    if (identity && signature)
      site.identify(identity, signature).catch((error) => console.warn(`Sojourn: ${error.message}`));
    site.page();
  }
}
