/** A link, with the hourglass of its sleep. */

import { BaseEdge, EdgeLabelRenderer, type EdgeProps, getBezierPath } from "@xyflow/react";
import { memo } from "react";
import { Icon } from "../../../segments/builder/fields/Icon";
import type { Arrow as Drawn } from "../model/graph";
import { sleepWords } from "../model/words";
import { useShared } from "./context";

export const Arrow = memo(function Arrow(props: EdgeProps & { data?: Record<string, unknown> & { arrow: Drawn } }) {
  const { focus, editable, unlink } = useShared();
  const { id, sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition, markerEnd, selected } = props;
  const [path, middleX, middleY] = getBezierPath({
    sourceX,
    sourceY,
    targetX,
    targetY,
    sourcePosition,
    targetPosition,
  });
  const arrow = props.data?.arrow;
  const link = arrow?.links[0];
  const words = sleepWords(link?.sleep);
  return (
    <>
      <BaseEdge id={id} path={path} markerEnd={markerEnd} interactionWidth={18} />
      {arrow && link && !arrow.tail && (words || (editable && selected)) && (
        <EdgeLabelRenderer>
          <div
            className="cv-arrow nodrag nopan"
            style={{ transform: `translate(-50%, -50%) translate(${middleX}px, ${middleY}px)` }}
          >
            <button
              type="button"
              className={`cv-hourglass ${words ? "set" : ""}`}
              title={words ? `Sleeps: ${words}` : "Let people sleep on the way"}
              aria-label={words ? `Sleep on this link: ${words}` : "Set a sleep on this link"}
              onClick={() => focus({ on: "link", link })}
            >
              <Icon name="hourglass_empty" />
              {words}
            </button>
            {editable && selected && (
              <button
                type="button"
                className="cv-unlink"
                aria-label="Remove this link"
                onClick={() => unlink(arrow.links)}
              >
                <Icon name="close" />
              </button>
            )}
          </div>
        </EdgeLabelRenderer>
      )}
    </>
  );
});
