/** Asking before something is done with a version: publish, stop and the rest, each with what will happen. */

import { useEffect, useState } from "react";
import { ApiError } from "../../../config/islands/api";
import * as calls from "../calls";
import { type Finding, goalsOf, type JourneyDocument, type Kinds, nodesOf, title } from "../model/document";
import { Text } from "../panel/Setup";
import type { JourneyState } from "../state/useJourney";
import { Dialog } from "./Dialog";
import { Findings } from "./Findings";
import type { Focus } from "./selection";

interface Props {
  journey: JourneyState;
  kinds: Kinds;
  move: string;
  onGo: (focus: Focus) => void;
  onOpen: (journey: number, version?: number) => void;
  onClose: () => void;
}

export function Moves({ journey, kinds, move, onGo, onOpen, onClose }: Props) {
  const { version, document, checked, dirty } = journey;
  const offered = version.moves.find((it) => it.name === move);
  const [previous, setPrevious] = useState(version.previous[0]?.value ?? "");
  const [state, setState] = useState<"" | "doing">("");
  const [sure, setSure] = useState(false);
  const [refusal, setRefusal] = useState<{ message: string; findings: Finding[] } | null>(null);
  const [outlook, setOutlook] = useState<calls.Outlook | null>(null);
  const publishes = move === "publish";
  const errors = checked.findings.filter((finding) => finding.level === "error");
  const blocked = publishes && errors.length > 0;
  const about = publishes || move === "stop";
  const segments = publishes ? segmentsOf(document, kinds) : [];

  useEffect(() => {
    if (!about || blocked) return;
    const abort = new AbortController();
    calls.outlook(version.journey.id, version.number, document, abort.signal).then(setOutlook, () => undefined);
    return () => abort.abort();
  }, [about, blocked, version, document]);

  const act = async () => {
    setState("doing");
    if (dirty && journey.editable !== "none" && !(await journey.save())) return onClose();
    try {
      const told = await calls.move(
        version.journey.id,
        version.number,
        move,
        publishes && previous ? previous : undefined,
      );
      const other = told.journey.id !== version.journey.id || told.number !== version.number;
      // A version that is a draft no more has pages of numbers, which the page around the canvas leads to.
      if (other || (version.status === "draft" && told.status !== "draft")) onOpen(told.journey.id, told.number);
      else {
        journey.take(told);
        onClose();
      }
    } catch (error) {
      setState("");
      const findings = error instanceof ApiError ? (error.problems as Finding[]) : [];
      setRefusal({ message: error instanceof Error ? error.message : String(error), findings });
    }
  };

  const name = move === "revise" ? "Make a new version" : `${move[0]?.toUpperCase()}${move.slice(1)}`;
  return (
    <Dialog
      title={blocked ? "Not ready to publish" : `${name}: “${document.name || "no name"}”, version ${version.number}?`}
      onClose={onClose}
      actions={
        blocked ? undefined : (
          <>
            <button type="button" className="sj-button" onClick={onClose}>
              Not now
            </button>
            <button
              type="button"
              className={`sj-button primary ${offered?.grave ? "danger" : ""}`}
              disabled={state === "doing" || (publishes && !sure)}
              onClick={() => void act()}
            >
              {state === "doing" ? "Working …" : name}
            </button>
          </>
        )
      }
    >
      {blocked ? (
        <>
          <p>
            {errors.length === 1 ? "One thing has" : `${errors.length} things have`} to be mended first. Choose one to
            go there.
          </p>
          <Findings document={document} kinds={kinds} findings={checked.findings} stale={journey.stale} onGo={onGo} />
        </>
      ) : (
        <>
          {publishes && (
            <fieldset className="cv-fields" disabled={journey.editable !== "all"}>
              <legend className="cv-hidden">What it is called</legend>
              <Text
                label="Name"
                value={document.name}
                most={100}
                onChange={(name) => journey.edit((now) => ({ ...now, name }), "name")}
              />
              <Text
                label="Description, for the list"
                value={document.description}
                most={120}
                onChange={(description) => journey.edit((now) => ({ ...now, description }), "description")}
              />
            </fieldset>
          )}
          <p>{offered?.consequence}</p>
          {dirty && journey.editable !== "none" && <p className="subtle">Your changes are saved first.</p>}
          {outlook && (
            <dl className="sj-facts">
              {outlook.lines.map(({ what, text }) => (
                <div key={what} className="cv-fact">
                  <dt>{what}</dt>
                  <dd>{text}</dd>
                </div>
              ))}
            </dl>
          )}
          {publishes && version.previous.length > 0 && (
            <div className="cv-radios" role="radiogroup" aria-label="What becomes of the version before">
              {version.previous.map((choice) => (
                <label key={choice.value}>
                  <input
                    type="radio"
                    name="previous"
                    checked={previous === choice.value}
                    onChange={() => setPrevious(choice.value)}
                  />
                  {choice.meaning}
                </label>
              ))}
            </div>
          )}
          {publishes && checked.findings.length > 0 && (
            <>
              <p>Nothing forbids it, but look at these:</p>
              <Findings
                document={document}
                kinds={kinds}
                findings={checked.findings}
                stale={journey.stale}
                onGo={onGo}
              />
            </>
          )}
        </>
      )}
      {publishes && !blocked && (
        <label className="cv-check">
          <input type="checkbox" checked={sure} onChange={(changed) => setSure(changed.target.checked)} />
          <span>I have checked the segments: {segments.join(", ")}</span>
        </label>
      )}
      {refusal && (
        <>
          <p className="sj-notice bad">{refusal.message}</p>
          {refusal.findings.length > 0 && (
            <Findings document={document} kinds={kinds} findings={refusal.findings} stale={false} onGo={onGo} />
          )}
        </>
      )}
    </Dialog>
  );
}

/** Every segment that decides who goes where, as people know it. */
function segmentsOf(document: JourneyDocument, kinds: Kinds): string[] {
  const name = (kind: string, given: unknown) => (given as string | undefined) || (kinds.get(kind)?.label ?? kind);
  const entry = document.entry?.segment;
  return [
    ...(entry ? [`${name(entry.kind, entry.name)} (entry)`] : []),
    ...goalsOf(document).map((goal) => `${name(goal.kind, goal.name)} (goal)`),
    ...nodesOf(document)
      .filter((step) => kinds.get(step.kind)?.role === "segment")
      .map((step) => `${title(step, kinds)} (node ${step.id})`),
  ];
}
