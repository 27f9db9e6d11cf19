/** The three blocks that every journey begins with: Setup, Goals, Entry. */

import { Handle, type NodeProps, Position } from "@xyflow/react";
import { memo, useState } from "react";
import { Icon } from "../../../segments/builder/fields/Icon";
import { goalsOf, type JourneyDocument } from "../model/document";
import type { Marks } from "../model/graph";
import { spell, viaWords } from "../model/words";
import { DRAGGED, useShared } from "./context";
import { iconOf } from "./icons";

export interface EntryData extends Record<string, unknown> {
  document: JourneyDocument;
  marks: Marks | undefined;
  vias: string[];
  drawn: string[];
}

export const EntryBox = memo(function EntryBox({ data, selected }: NodeProps & { data: EntryData }) {
  const { kinds, focus } = useShared();
  const { document, marks, vias, drawn } = data;
  const segment = document.entry?.segment;
  const goals = goalsOf(document);
  const kind = kinds.get(segment?.kind ?? "");
  const wrong = (start: RegExp) => marks?.errors.filter((finding) => start.test(finding.field)) ?? [];
  return (
    <div className={`cv-start ${selected ? "selected" : ""}`}>
      <Block
        name="Setup"
        icon="settings"
        problems={wrong(/^(?!goals|entry\.segment)/)}
        onOpen={() => focus({ on: "setup" })}
      >
        {document.entry?.criteria === "past" ? "At a specific time" : "By an event trigger"}
        {document.timeout ? <small>at most {spell(document.timeout as string)} inside</small> : null}
      </Block>
      <Block name="Goals" icon="flag" problems={wrong(/^goals/)} onOpen={() => focus({ on: "goals" })} takes="goals">
        {goals.length ? (
          goals.map((goal, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a goal is known by its place alone
            <span key={at} className="cv-goal">
              {goal.name || kinds.get(goal.kind)?.label || goal.kind}
            </span>
          ))
        ) : (
          <small>None. Drop a segment here.</small>
        )}
      </Block>
      <Block
        name="Entry"
        icon={segment ? iconOf(kind) : "login"}
        problems={wrong(/^entry\.segment/)}
        onOpen={() => focus({ on: "entry" })}
        takes="entry"
      >
        {segment ? (
          (segment.name as string) || kind?.label || segment.kind
        ) : (
          <small>Who enters? Drop a segment here.</small>
        )}
      </Block>
      {vias.map((via) => (
        <div key={via} className={`cv-via ${drawn.includes(via) ? "drawn" : ""} ${via === "no" ? "sad" : ""}`}>
          <span>{viaWords(via)}</span>
          <Handle type="source" position={Position.Right} id={via} className="cv-out" />
        </div>
      ))}
    </div>
  );
});

interface BlockProps {
  name: string;
  icon: string;
  problems: { message: string }[];
  onOpen: () => void;
  takes?: "entry" | "goals";
  children: React.ReactNode;
}

function Block({ name, icon, problems, onOpen, takes, children }: BlockProps) {
  const { dropOn, editable } = useShared();
  const [over, setOver] = useState(false);
  const drop = takes && editable ? takes : null;
  return (
    <button
      type="button"
      className={`cv-block nodrag ${problems.length ? "wrong" : ""} ${over ? "over" : ""}`}
      title={problems.map((problem) => problem.message).join("\n") || undefined}
      onClick={onOpen}
      onDragOver={(drag) => {
        if (!drop || !drag.dataTransfer.types.includes(DRAGGED)) return;
        drag.preventDefault();
        drag.stopPropagation();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(dropped) => {
        const kind = dropped.dataTransfer.getData(DRAGGED);
        setOver(false);
        if (!drop || !kind) return;
        dropped.preventDefault();
        dropped.stopPropagation();
        dropOn(drop, kind);
      }}
    >
      <Icon name={icon} />
      <span className="cv-blockname">{name}</span>
      <span className="cv-blockbody">{children}</span>
    </button>
  );
}
