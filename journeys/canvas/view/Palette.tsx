/** Everything that can be put on the canvas: dragged there, or added with Enter behind what is selected. */

import { useMemo, useState } from "react";
import { Icon } from "../../../segments/builder/fields/Icon";
import type { Kind, Kinds } from "../model/document";
import { DRAGGED } from "./context";
import { iconOf } from "./icons";

interface Props {
  kinds: Kinds;
  criteria: "live" | "past";
  hasEntry: boolean;
  goals: number;
  full: boolean;
  onAdd: (kind: Kind) => void;
  onEntry: (kind: Kind) => void;
  onGoal: (kind: Kind) => void;
  /** Something was chosen that does not fit. */
  onRefused: (reason: string) => void;
}

const GOALS = "Goals";
const ENTRY = "Entry";

export function Palette({ kinds, criteria, hasEntry, goals, full, onAdd, onEntry, onGoal, onRefused }: Props) {
  const [sought, setSought] = useState("");
  const [dragging, setDragging] = useState(false); // a folded palette that was unfolded makes room to drop on
  const groups = useMemo(() => {
    const all = [...kinds.values()];
    const fits = (kind: Kind) => `${kind.label} ${kind.hint}`.toLowerCase().includes(sought.trim().toLowerCase());
    const found: [string, Kind[]][] = [
      [ENTRY, all.filter((kind) => kind.entry.length)],
      [GOALS, all.filter((kind) => kind.goal)],
    ];
    for (const kind of all) {
      const group = found.find(([name]) => name === kind.group);
      if (kind.middle) group ? group[1].push(kind) : found.push([kind.group, [kind]]);
    }
    return found.map(([name, list]) => [name, list.filter(fits)] as const).filter(([, list]) => list.length);
  }, [kinds, sought]);

  const refusal = (group: string, kind: Kind): string => {
    if (group === GOALS) return goals >= 3 ? "A journey has at most three goals." : "";
    if (group !== ENTRY) return full ? "A journey has at most 200 nodes." : "";
    if (kind.entry.includes(criteria)) return "";
    const other = criteria === "live" ? "At a specific time" : "By an event trigger";
    return `Only journeys that are entered “${other}” can begin with this; choose that under Setup.`;
  };
  const choose = (group: string, kind: Kind) =>
    group === GOALS ? onGoal(kind) : group === ENTRY ? onEntry(kind) : onAdd(kind);

  return (
    <nav className={`cv-palette ${dragging ? "dragging" : ""}`} aria-label="What can be added">
      <span className="cv-seek">
        <Icon name="search" />
      </span>
      <input
        className="rb-input"
        type="search"
        placeholder="Search  /"
        aria-label="Search the palette"
        data-palette-search
        value={sought}
        onChange={(typed) => setSought(typed.target.value)}
      />
      <div className="cv-kinds">
        {groups.map(([group, list]) => (
          <details key={group} open={Boolean(sought) || (group === ENTRY ? !hasEntry : group !== GOALS || goals === 0)}>
            <summary>{group}</summary>
            {list.map((kind) => {
              const reason = refusal(group, kind);
              return (
                <button
                  key={kind.name}
                  type="button"
                  className={`cv-kind ${kind.role}`}
                  aria-disabled={Boolean(reason)}
                  title={reason || kind.hint}
                  draggable={!reason}
                  onDragStart={(drag) => {
                    drag.dataTransfer.setData(DRAGGED, kind.name);
                    drag.dataTransfer.effectAllowed = "copy";
                    requestAnimationFrame(() => setDragging(true)); // not at once: a source that moves ends the drag
                  }}
                  onDragEnd={() => setDragging(false)}
                  onClick={() => (reason ? onRefused(reason) : choose(group, kind))}
                >
                  <Icon name={iconOf(kind)} />
                  <span>{kind.label}</span>
                </button>
              );
            })}
          </details>
        ))}
        {groups.length === 0 && <p className="subtle">Nothing is called that.</p>}
      </div>
    </nav>
  );
}
