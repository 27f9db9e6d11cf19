/** Auto align & space: elkjs sets nodes in layers, without overlap. Fetched when it is first asked for. */

import type { ElkNode } from "elkjs/lib/elk-api";
import { type JourneyDocument, nodesOf } from "../model/document";
import { arrows, ENTRY_ID, type Place, WIDTH } from "../model/graph";
import type { Board } from "./Canvas";

interface Sized {
  id: string;
  width: number;
  height: number;
}

/** Places of the boxes, with the first one at the origin. */
async function align(
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
  const start = laid.children?.find((box) => box.id === ENTRY_ID);
  return new Map(
    laid.children?.map((box) => [box.id, [(box.x ?? 0) - (start?.x ?? 0), (box.y ?? 0) - (start?.y ?? 0)]]) ?? [],
  );
}

/** Places for the nodes of a document as they are measured on the board; the entry stays where it is. */
export async function aligned(board: Board | null, document: JourneyDocument): Promise<Map<number, Place>> {
  const measured = (board?.getNodes() ?? []).map((node) => ({
    id: node.id,
    width: node.measured?.width ?? WIDTH,
    height: node.measured?.height ?? 90,
  }));
  const found = await align(measured, arrows(document));
  const start = board?.getNode(ENTRY_ID)?.position ?? { x: 0, y: 0 };
  return new Map(
    nodesOf(document).flatMap((step): [number, Place][] => {
      const at = found.get(String(step.id));
      return at ? [[step.id, [at[0] + start.x, at[1] + start.y]]] : [];
    }),
  );
}
