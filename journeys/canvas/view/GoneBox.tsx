/** A node of the version compared with that is not there any more. */

import { Handle, type NodeProps, Position } from "@xyflow/react";
import { memo } from "react";
import { Icon } from "../../../segments/builder/fields/Icon";
import { type Step, title } from "../model/document";
import { useShared } from "./context";
import { iconOf } from "./icons";

export const GoneBox = memo(function GoneBox({ data }: NodeProps & { data: { step: Step } }) {
  const { kinds } = useShared();
  const { step } = data;
  return (
    <div className="cv-box removed">
      <Handle type="target" position={Position.Left} className="cv-in" isConnectable={false} />
      <div className="cv-head">
        <span className="cv-symbol">
          <Icon name={iconOf(kinds.get(step.kind))} />
        </span>
        <span className="cv-name">
          <b>{title(step, kinds)}</b>
          <small>removed</small>
        </span>
        <span className="cv-number">{step.id}</span>
      </div>
      <Handle type="source" position={Position.Right} className="cv-out" isConnectable={false} />
    </div>
  );
});
