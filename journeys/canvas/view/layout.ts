/** Auto align & space: elkjs sets nodes in layers, without overlap. Fetched when it is first asked for. */

import type { ElkNode } from "elkjs/lib/elk-api";

export interface Sized {
  id: string;
  width: number;
  height: number;
}

/** Places of the boxes, with the first one at the origin. */
export async function align(
  boxes: Sized[],
  arrows: { id: string; source: string; target: string }[],
): Promise<Map<string, [number, number]>> {
  const { default: ELK } = await import("elkjs/lib/elk.bundled.js");
  const laid: ElkNode = await new ELK().layout({
    id: "journey",
    layoutOptions: {
      "elk.algorithm": "layered",
      "elk.direction": "RIGHT",
      "elk.layered.spacing.nodeNodeBetweenLayers": "110",
      "elk.spacing.nodeNode": "44",
      "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
      "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
    },
    children: boxes.map(({ id, width, height }) => ({ id, width, height })),
    edges: arrows.map(({ id, source, target }) => ({ id, sources: [source], targets: [target] })),
  });
  const start = laid.children?.find((box) => box.id === "entry");
  return new Map(
    laid.children?.map((box) => [box.id, [(box.x ?? 0) - (start?.x ?? 0), (box.y ?? 0) - (start?.y ?? 0)]]) ?? [],
  );
}
