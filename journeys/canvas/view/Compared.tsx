/** How this version differs from another one, in words; the board shows the same in colours. */

import { Icon, IconButton } from "../../../segments/builder/fields/Icon";
import { words } from "../forms/schema";
import { changes, type Difference } from "../model/diff";
import { type JourneyDocument, type Kinds, type Link, stepOf, title } from "../model/document";
import { sleepWords, viaWords } from "../model/words";
import type { Focus } from "./selection";

interface Props {
  before: { number: number; document: JourneyDocument };
  document: JourneyDocument;
  difference: Difference;
  kinds: Kinds;
  onGo: (focus: Focus) => void;
  onClose: () => void;
}

const SETUP: Record<string, Focus> = { goals: { on: "goals" }, entry: { on: "entry" } };

export function Compared({ before, document, difference, kinds, onGo, onClose }: Props) {
  const { added, removed, changed, links, setup } = difference;
  const old = before.document;
  const nodes = added.size + removed.length + changed.size;
  const drawn = links.added.length + links.removed.length;
  const name = (id: number | "entry", of: JourneyDocument) => {
    const step = id === "entry" ? undefined : stepOf(of, id);
    return step ? `${step.id} · ${title(step, kinds)}` : "Entry";
  };
  const line = (link: Link, of: JourneyDocument) =>
    `${name(link.from, of)}, ${viaWords(link.via)} → ${name(link.to, of)}${link.sleep ? `, sleeps ${sleepWords(link.sleep)}` : ""}`;
  return (
    <section className="cv-compared" aria-label={`Compared with version ${before.number}`}>
      <details>
        <summary>
          <b>Compared with version {before.number}:</b>{" "}
          {nodes + drawn + setup.length === 0 ? (
            "nothing differs."
          ) : (
            <>
              {added.size > 0 && <span className="cv-mark added">{added.size} added</span>}
              {changed.size > 0 && <span className="cv-mark changed">{changed.size} changed</span>}
              {removed.length > 0 && <span className="cv-mark removed">{removed.length} removed</span>}
              {drawn > 0 && (
                <span className="cv-mark">
                  {drawn} {drawn === 1 ? "link differs" : "links differ"}
                </span>
              )}
              {setup.length > 0 && <span className="cv-mark changed">setup: {setup.map(words).join(", ")}</span>}
            </>
          )}
        </summary>
        <div className="cv-comparedbody">
          {setup.map((part) => (
            <Part
              key={part}
              heading={words(part)}
              tone="changed"
              onGo={() => onGo(SETUP[part] ?? { on: "setup" })}
              values={changes(old[part], document[part])}
            />
          ))}
          {[...added].map((id) => (
            <Part key={id} heading={name(id, document)} tone="added" onGo={() => onGo({ on: "node", id })} />
          ))}
          {[...changed].map(([id, parts]) => {
            const [was, is] = [stepOf(old, id), stepOf(document, id)];
            return (
              <Part
                key={id}
                heading={name(id, document)}
                tone="changed"
                onGo={() => onGo({ on: "node", id })}
                values={parts.flatMap((part) => changes(was?.[part], is?.[part], part === "config" ? "" : part))}
              />
            );
          })}
          {removed.map((step) => (
            <Part key={step.id} heading={name(step.id, old)} tone="removed" />
          ))}
          {links.added.map((link) => (
            <Part key={`+${link.from} ${link.via} ${link.to}`} heading={line(link, document)} tone="added" />
          ))}
          {links.removed.map((link) => (
            <Part key={`-${link.from} ${link.via} ${link.to}`} heading={line(link, old)} tone="removed" />
          ))}
        </div>
      </details>
      <IconButton icon="close" label="End the comparison" onClick={onClose} />
    </section>
  );
}

interface PartProps {
  heading: string;
  tone: "added" | "changed" | "removed";
  onGo?: () => void;
  values?: ReturnType<typeof changes>;
}

function Part({ heading, tone, onGo, values = [] }: PartProps) {
  return (
    <div className="cv-difference">
      <span className={`cv-mark ${tone}`}>{tone}</span>{" "}
      {onGo ? (
        <button type="button" className="cv-plain" onClick={onGo}>
          {heading}
        </button>
      ) : (
        heading
      )}
      {values.map(({ path, before, after }) => (
        <div key={path} className="cv-change">
          {path && <b>{path.split(".").map(words).join(" › ")}</b>} <del>{said(before)}</del>
          <Icon name="arrow_forward" />
          <ins>{said(after)}</ins>
        </div>
      ))}
    </div>
  );
}

const LONGEST = 300; // characters of a value that are shown

function said(value: unknown): string {
  if (value === undefined || value === null || value === "") return "nothing";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)} …` : text;
}
