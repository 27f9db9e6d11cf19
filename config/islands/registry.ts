import type { ComponentType } from "react";

/** An island's module: its default export is the component that gets the props from the page. */
// biome-ignore lint/suspicious/noExplicitAny: each island knows its own props; a page is trusted to give them
type Load = () => Promise<{ default: ComponentType<any> }>;

/** Every island by the name in `data-island`. To add one: a line here; its code is then a chunk of its own. */
export const ISLANDS: Record<string, Load> = {
  "journey-canvas": () => import("../../journeys/canvas/Page"),
  "journey-numbers": () => import("../../journeys/canvas/numbers/Numbers"),
  "template-editor": () => import("../../journeys/canvas/saved/Page"),
  "segment-builder": () => import("../../segments/builder/Page"),
};
