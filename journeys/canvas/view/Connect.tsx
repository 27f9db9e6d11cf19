/** What comes next: which outcome of a node leads where, to a node that is there or to a new one. */

import { useState } from "react";
import {
  type JourneyDocument,
  type Kind,
  type Kinds,
  type Link,
  nodesOf,
  pathNames,
  stepOf,
  title,
} from "../model/document";
import { viaWords } from "../model/words";
import { Dialog } from "./Dialog";

interface Props {
  document: JourneyDocument;
  kinds: Kinds;
  source: number | "entry";
  vias: string[];
  /** The connector that was drawn, if one was. */
  first: string | undefined;
  /** No more nodes are possible. */
  full: boolean;
  onConnect: (link: Link) => void;
  onNew: (kind: Kind, from: { from: number | "entry"; via: string }) => void;
  onClose: () => void;
}

const NEW = "new ";

export function Connect({ document, kinds, source, vias, first, full, onConnect, onNew, onClose }: Props) {
  const targets = nodesOf(document).filter((step) => step.id !== source && kinds.get(step.kind)?.middle);
  const fresh = full ? [] : [...kinds.values()].filter((kind) => kind.middle);
  const groups = [...new Set(fresh.map((kind) => kind.group))];
  const message = fresh.find((kind) => kind.role === "engagement") ?? fresh[0];
  const [via, setVia] = useState(first ?? vias[0] ?? "");
  const [to, setTo] = useState(
    targets[0] && !first ? String(targets[0].id) : message ? NEW + message.name : String(targets[0]?.id ?? ""),
  );
  const paths = source === "entry" ? [] : pathNames(stepOf(document, source));
  const possible = Boolean(via && to);
  const done = () => {
    const kind = to.startsWith(NEW) ? kinds.get(to.slice(NEW.length)) : undefined;
    if (kind) onNew(kind, { from: source, via });
    else onConnect({ from: source, via, to: Number(to) });
  };
  return (
    <Dialog
      title={source === "entry" ? "What comes after the entry?" : `What comes after node ${source}?`}
      onClose={onClose}
      actions={
        <button type="submit" form="cv-connect" className="sj-button primary" disabled={!possible}>
          Connect
        </button>
      }
    >
      <form
        id="cv-connect"
        className="cv-fields"
        onSubmit={(submit) => {
          submit.preventDefault();
          if (possible) done();
        }}
      >
        <label className="cv-field">
          <span className="cv-label">On</span>
          <select className="rb-select" aria-label="On" value={via} onChange={(chosen) => setVia(chosen.target.value)}>
            {vias.map((it) => (
              <option key={it} value={it}>
                {viaWords(it, paths)}
              </option>
            ))}
          </select>
        </label>
        <label className="cv-field">
          <span className="cv-label">go to</span>
          <select className="rb-select" aria-label="go to" value={to} onChange={(chosen) => setTo(chosen.target.value)}>
            {targets.length > 0 && (
              <optgroup label="A node that is there">
                {targets.map((step) => (
                  <option key={step.id} value={step.id}>
                    {step.id} · {title(step, kinds)}
                  </option>
                ))}
              </optgroup>
            )}
            {groups.map((group) => (
              <optgroup key={group} label={`A new node: ${group}`}>
                {fresh
                  .filter((kind) => kind.group === group)
                  .map((kind) => (
                    <option key={kind.name} value={NEW + kind.name}>
                      {kind.label} (new)
                    </option>
                  ))}
              </optgroup>
            ))}
          </select>
        </label>
      </form>
    </Dialog>
  );
}
