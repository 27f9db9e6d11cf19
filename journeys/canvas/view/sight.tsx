/** What is seen of the board: boxes stay where they are while things beside it open, and what matters stays in view. */

import {
  type Edge,
  type Node,
  type ReactFlowInstance,
  useNodesInitialized,
  useReactFlow,
  useStore,
} from "@xyflow/react";
import { useEffect, useLayoutEffect, useRef } from "react";

const MARGIN = 24; // pixels between a box and the board's edge
const FAR = 0.45; // below this zoom words cannot be read

/** Keeps boxes at their place on the screen when the board's left edge moves, as with a palette that folds. */
export function Steady() {
  const board = useReactFlow();
  const element = useStore((state) => state.domNode);
  useLayoutEffect(() => {
    if (!element) return;
    let before = element.getBoundingClientRect().left;
    const observer = new ResizeObserver(() => {
      const { left } = element.getBoundingClientRect();
      const { x, y, zoom } = board.getViewport();
      if (left !== before) void board.setViewport({ x: x + before - left, y, zoom });
      before = left;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [board, element]);
  return null;
}

/** Hands the board over once its boxes are measured. */
export function Ready({ onReady }: { onReady: (board: ReactFlowInstance<Node, Edge>) => void }) {
  const board = useReactFlow();
  const measured = useNodesInitialized();
  const told = useRef(false);
  useEffect(() => {
    if (!measured || told.current) return;
    told.current = true;
    onReady(board);
  }, [board, measured, onReady]);
  return null;
}

/** Marks the board while it is seen from so far that only symbols can be told apart. */
export function Far() {
  const element = useStore((state) => state.domNode);
  const far = useStore((state) => state.transform[2] < FAR);
  useLayoutEffect(() => {
    element?.classList.toggle("far", far);
  }, [element, far]);
  return null;
}

/** Where somebody left the board before InView moved it: on the screen, whatever opens beside the board. */
export interface Home {
  x: number;
  y: number;
  zoom: number;
}

/**
 * Moves the board, as little as possible, until a box is seen whole: when it is chosen and when the board shrinks.
 * When nothing is chosen any more the board goes back, unless somebody has moved it meanwhile.
 */
export function InView({ id, home }: { id: string | null; home: { current: Home | null } }) {
  const board = useReactFlow();
  const element = useStore((state) => state.domNode);
  const width = useStore((state) => state.width);
  const height = useStore((state) => state.height);
  const tall = useStore((state) => (id && state.nodeLookup.get(id)?.measured.height) || 0);
  useEffect(() => {
    // A movement may end another one halfway, so each says where to, not how far; a smooth one would change the zoom.
    const move = (to: Home) => board.setViewport(to, { duration: 200, interpolate: "linear" });
    const look = () => {
      const { x, y, zoom } = board.getViewport();
      const left = element?.getBoundingClientRect().left ?? 0;
      if (!id) {
        const back = home.current;
        if (back && Math.abs(back.zoom - zoom) < 0.001)
          void move({ ...back, x: back.x - left }).then(() => {
            home.current = null;
          });
        else home.current = null;
        return;
      }
      const box = board.getNode(id);
      if (!box || !tall || !width || !height) return;
      const right = into(box.position.x * zoom + x, (box.measured?.width ?? 0) * zoom, width);
      const down = into(box.position.y * zoom + y, tall * zoom, height);
      if (!right && !down) return;
      home.current ??= { x: x + left, y, zoom };
      void move({ x: x + right, y: y + down, zoom });
    };
    // Steady hears of what opened or folded at the end of the next frame, and would end a movement begun before.
    let frame = requestAnimationFrame(() => {
      frame = requestAnimationFrame(look);
    });
    return () => cancelAnimationFrame(frame);
  }, [id, tall, width, height, board, element, home]);
  return null;
}

/** How far something has to move to be within a room; if it is too large, its beginning is. */
function into(from: number, size: number, room: number): number {
  if (from < MARGIN) return MARGIN - from;
  const over = from + size - (room - MARGIN);
  return over > 0 ? -Math.min(over, from - MARGIN) : 0;
}
