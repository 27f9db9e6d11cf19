/** A node on the canvas: what it is, its connectors, and the waiting point behind a message (the phantom node). */

import { Handle, type NodeProps, Position } from "@xyflow/react";
import { memo, useState } from "react";
import { Icon } from "../../../segments/builder/fields/Icon";
import { pathNames, type Step, title } from "../model/document";
import type { Marks } from "../model/graph";
import { spell, viaWords } from "../model/words";
import { useShared } from "./context";
import { iconOf } from "./icons";

export interface StepData extends Record<string, unknown> {
  step: Step;
  marks: Marks | undefined;
  /** Every connector that the node has as it is configured. */
  vias: string[];
  drawn: string[];
  /** Connectors of the phantom node; empty without one. */
  phantom: string[];
  required: string[];
  waitsForEver: boolean;
  difference: "added" | "changed" | undefined;
}

const PHANTOM = ["delivered", "viewed", "clicked", "node_timeout"];
const FEW = 3;

export const StepBox = memo(function StepBox({ data, selected }: NodeProps & { data: StepData }) {
  const { kinds, editable, focus, numbers } = useShared();
  const [open, setOpen] = useState(false);
  const { step, marks, vias, drawn, phantom, required } = data;
  const kind = kinds.get(step.kind);
  const all = selected || open || vias.length <= FEW;
  const shown = all ? vias : vias.filter((via) => drawn.includes(via) || required.includes(via));
  const split = phantom.length > 0 || (all && kind?.role === "engagement" && vias.includes("node_timeout"));
  const first = split ? shown.filter((via) => !PHANTOM.includes(via)) : shown;
  const later = split ? shown.filter((via) => PHANTOM.includes(via)) : [];
  const worst = marks?.unfinished
    ? "unfinished"
    : marks?.errors.length
      ? "wrong"
      : marks?.warnings.length
        ? "warned"
        : "";
  const said = [...(marks?.errors ?? []), ...(marks?.warnings ?? [])].map((finding) => finding.message).join("\n");
  const paths = pathNames(step);
  const counted = numbers?.get(step.id);

  return (
    <div
      className={`cv-box ${kind?.role ?? ""} ${worst} ${selected ? "selected" : ""} ${data.difference ?? ""}`}
      title={said || undefined}
    >
      {kind?.middle !== false && <Handle type="target" position={Position.Left} className="cv-in" />}
      <div className="cv-head">
        <span className="cv-symbol">
          <Icon name={iconOf(kind)} />
        </span>
        <span className="cv-name">
          <b>{title(step, kinds)}</b>
          {step.name && <small>{kind?.label}</small>}
        </span>
        <span className="cv-number">{step.id}</span>
      </div>
      {worst && worst !== "unfinished" && (
        <span className={`cv-flag ${worst}`} role="img" aria-label={said}>
          <Icon name={worst === "wrong" ? "error" : "warning"} />
        </span>
      )}
      {data.waitsForEver && (
        <span className="cv-waits" role="img" aria-label="People who wait here have no way out: draw Node timeout" />
      )}
      {kind?.has_window && kind.role === "segment" && (
        <Hexagon
          window={step.window}
          off={!drawn.includes("node_timeout")}
          onClick={() => focus({ on: "node", id: step.id, part: "window" })}
        />
      )}
      <Rows vias={first} drawn={drawn} paths={paths} required={required} counts={counted?.forward} />
      {later.length > 0 && (
        <div className={`cv-phantom ${phantom.length ? "" : "possible"}`}>
          <Hexagon
            window={step.window}
            off={!phantom.includes("node_timeout")}
            label={phantom.length ? "then waits" : "waiting point"}
            onClick={() => focus({ on: "node", id: step.id, part: "window" })}
          />
          <Rows vias={later} drawn={drawn} paths={paths} required={required} counts={counted?.forward} />
        </div>
      )}
      {!all && editable && (
        <button type="button" className="cv-more nodrag" onClick={() => setOpen(true)}>
          {shown.length ? `${vias.length - shown.length} more` : `${vias.length} connectors`}
        </button>
      )}
      {counted && (
        <span className="cv-inside">
          {counted.entered.toLocaleString("en")} entered
          {counted.waiting_at + counted.waiting_before > 0 &&
            `, ${(counted.waiting_at + counted.waiting_before).toLocaleString("en")} waiting`}
        </span>
      )}
    </div>
  );
});

interface RowsProps {
  vias: string[];
  drawn: string[];
  paths: string[];
  required: string[];
  /** How many took each connector. */
  counts?: Record<string, number>;
}

function Rows({ vias, drawn, paths, required, counts }: RowsProps) {
  return vias.map((via) => (
    <div key={via} className={`cv-via ${drawn.includes(via) ? "drawn" : ""} ${viaTone(via)}`}>
      <span>
        {viaWords(via, paths)}
        {counts?.[via] !== undefined && <b className="cv-count">{counts[via].toLocaleString("en")}</b>}
        {required.includes(via) && !drawn.includes(via) && <i title="This connector must be drawn"> *</i>}
      </span>
      <Handle type="source" position={Position.Right} id={via} className="cv-out" />
    </div>
  ));
}

function viaTone(via: string): string {
  if (via === "node_timeout") return "timeout";
  return via === "no" || via === "failed" || via === "unreachable" ? "sad" : "";
}

interface HexagonProps {
  window: string | null | undefined;
  off: boolean;
  label?: string;
  onClick: () => void;
}

/** The qualifying window. off: Node timeout is not drawn, so it does nothing. */
function Hexagon({ window, off, label, onClick }: HexagonProps) {
  const words = spell(window ?? "P1D");
  return (
    <button
      type="button"
      className={`cv-hexagon nodrag ${off ? "off" : ""}`}
      title={
        off
          ? `Qualifying window of ${words}; it does nothing until Node timeout is drawn`
          : `Qualifying window: ${words}`
      }
      onClick={onClick}
    >
      <svg viewBox="0 0 20 20" width="14" height="14" aria-hidden="true">
        <path d="M5.5 2.2h9L19 10l-4.5 7.8h-9L1 10z" />
      </svg>
      {label && <span>{label}</span>} {words}
    </button>
  );
}
