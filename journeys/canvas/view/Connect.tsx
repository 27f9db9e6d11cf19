/** Connecting by keyboard: which outcome of a node leads where. */

import { useState } from "react";
import { type JourneyDocument, type Kinds, type Link, nodesOf, title } from "../model/document";
import { viaWords } from "../model/words";
import { Dialog } from "./Dialog";

interface Props {
  document: JourneyDocument;
  kinds: Kinds;
  source: number | "entry";
  vias: string[];
  onConnect: (link: Link) => void;
  onClose: () => void;
}

export function Connect({ document, kinds, source, vias, onConnect, onClose }: Props) {
  const targets = nodesOf(document).filter((step) => step.id !== source && kinds.get(step.kind)?.middle);
  const [via, setVia] = useState(vias[0] ?? "");
  const [to, setTo] = useState(targets[0]?.id ?? 0);
  const possible = Boolean(via && to);
  return (
    <Dialog
      title={source === "entry" ? "Connect the entry" : `Connect node ${source}`}
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
          if (possible) onConnect({ from: source, via, to });
        }}
      >
        <label>
          On
          <select className="rb-select" value={via} onChange={(chosen) => setVia(chosen.target.value)}>
            {vias.map((it) => (
              <option key={it} value={it}>
                {viaWords(it)}
              </option>
            ))}
          </select>
        </label>
        <label>
          go to
          <select className="rb-select" value={to} onChange={(chosen) => setTo(Number(chosen.target.value))}>
            {targets.map((step) => (
              <option key={step.id} value={step.id}>
                {step.id} · {title(step, kinds)}
              </option>
            ))}
          </select>
        </label>
        {targets.length === 0 && <p className="subtle">There is no other node yet. Add one from the palette.</p>}
      </form>
    </Dialog>
  );
}
