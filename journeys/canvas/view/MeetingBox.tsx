/** The intermediate node: the waiting point on a connector that leads to several segments. The first one met wins. */

import { Handle, type NodeProps, Position } from "@xyflow/react";
import { memo } from "react";

export const MeetingBox = memo(function MeetingBox(_: NodeProps) {
  return (
    <div className="cv-meeting" title="People wait here and follow whichever segment is met first">
      <Handle type="target" position={Position.Left} className="cv-in" />
      <span>1st</span>
      <Handle type="source" position={Position.Right} className="cv-out" />
    </div>
  );
});
