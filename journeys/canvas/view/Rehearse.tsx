/** Rehearsing the draft on stored history: choose the days, see how far it is, read what it found. */

import { useState } from "react";
import type * as calls from "../calls";
import { type JourneyDocument, type Kinds, stepOf, title } from "../model/document";
import { viaWords } from "../model/words";
import type { RehearsalState } from "../state/useRehearsal";
import { Dialog } from "./Dialog";

const DAY = 86_400_000; // milliseconds

/** YYYY-MM-DD, so many days ago. */
function daysAgo(count: number): string {
  const day = new Date(Date.now() - count * DAY);
  return `${day.getFullYear()}-${String(day.getMonth() + 1).padStart(2, "0")}-${String(day.getDate()).padStart(2, "0")}`;
}

interface AskProps {
  rehearsal: RehearsalState;
  document: JourneyDocument;
  onClose: () => void;
}

export function AskRehearsal({ rehearsal, document, onClose }: AskProps) {
  const [days, setDays] = useState<calls.Days>({ first: daysAgo(6), last: daysAgo(0) });
  const period = days.last === daysAgo(0) ? [7, 30].find((count) => days.first === daysAgo(count - 1)) : undefined;
  return (
    <Dialog
      title="Rehearse this draft"
      onClose={onClose}
      actions={
        <>
          <button type="button" className="sj-button" onClick={onClose}>
            Cancel
          </button>
          <button
            type="button"
            className="sj-button primary"
            disabled={!days.first || !days.last}
            onClick={() => {
              void rehearsal.begin(document, days);
              onClose();
            }}
          >
            Rehearse
          </button>
        </>
      }
    >
      <p>
        The journey as it is on the canvas is played on what people really did in these days, on a clock that runs fast.
        Then you see how many came to which node. Nothing is sent, and nothing is kept of it.
      </p>
      <div className="cv-radios">
        {[7, 30].map((count) => (
          <label key={count}>
            <input
              type="radio"
              name="period"
              checked={period === count}
              onChange={() => setDays({ first: daysAgo(count - 1), last: daysAgo(0) })}
            />
            The last {count} days
          </label>
        ))}
      </div>
      <div className="cv-row">
        {(["first", "last"] as const).map((end) => (
          <label key={end} className="cv-field">
            <span className="cv-label">{end === "first" ? "From" : "To"}</span>
            <input
              className="rb-input"
              type="date"
              value={days[end]}
              max={daysAgo(0)}
              onChange={(typed) => setDays({ ...days, [end]: typed.target.value })}
            />
          </label>
        ))}
      </div>
      <p className="subtle">
        People are taken as they are today. Of many, a sample is played. As many are taken to open and click as did on
        the same channel of late, and other journeys rest.
      </p>
    </Dialog>
  );
}

interface BannerProps {
  rehearsal: RehearsalState;
  onPeople: () => void;
}

const number = (value: number) => value.toLocaleString("en");

export function RehearsalBanner({ rehearsal, onPeople }: BannerProps) {
  const { now, error, leave } = rehearsal;
  if (!now && !error) return null;
  const wrong = error || now?.error;
  const result = now?.result;
  return (
    <div className={`sj-notice cv-rehearsal ${wrong ? "bad" : ""}`} role="status">
      {wrong ? (
        <span>{wrong}</span>
      ) : result && now ? (
        <span>
          <b>
            Rehearsal of {now.first} to {result.played_until?.slice(0, 10) ?? now.last}: {number(result.entry.entered)}{" "}
            of {number(result.people)} people entered; nothing was sent.
          </b>{" "}
          {result.played_until && "It took too long to play the days after that; choose fewer. "}
          {result.share < 1 &&
            `They are a sample of about 1 in ${number(Math.round(1 / result.share))}, so the numbers are an estimate: multiply by that. `}
          {result.assumed?.length ? <span className="subtle">Assumed: {result.assumed.join(" ")}</span> : null}
        </span>
      ) : (
        <label className="cv-progress">
          {now?.state === "waiting" ? "Waiting for its turn …" : "Rehearsing …"}
          <progress max={1} value={now?.state === "waiting" ? undefined : now?.progress} />
        </label>
      )}
      {result && result.paths.length > 0 && (
        <button type="button" className="sj-button" onClick={onPeople}>
          Paths of {result.paths.length} people
        </button>
      )}
      <button type="button" className="sj-button" onClick={leave}>
        {result || wrong ? "Leave" : "Stop"}
      </button>
    </div>
  );
}

interface PathsProps {
  result: NonNullable<calls.Rehearsal["result"]>;
  document: JourneyDocument;
  kinds: Kinds;
  onClose: () => void;
}

export function Paths({ result, document, kinds, onClose }: PathsProps) {
  const place = (id: number | undefined): string => {
    const step = id ? stepOf(document, id) : undefined;
    return step ? `${step.id} · ${title(step, kinds)}` : "";
  };
  return (
    <Dialog title="How some people went" onClose={onClose} wide>
      {result.paths.map((path) => (
        <details key={`${path.profile} ${path.name}`} className="cv-path">
          <summary>
            <b>{path.name}</b> <span className="subtle">{path.moves.length} moves</span>
          </summary>
          <ol>
            {path.moves.map((move, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a move is known by its place alone
              <li key={at}>
                <time className="subtle" dateTime={move.at}>
                  {move.at.slice(0, 16).replace("T", " ")}
                </time>{" "}
                {said(move, place(move.node))}
              </li>
            ))}
          </ol>
        </details>
      ))}
    </Dialog>
  );
}

const WHAT: Record<string, string> = {
  entered: "entered",
  held_out: "was held out, as one of the control group",
  arrived: "came to",
  left: "went on from",
  message: "message of",
  exited: "left the journey",
};

function said(move: calls.PathMove, place: string): string {
  const what = WHAT[move.what] ?? move.what.replaceAll("_", " ");
  const how = [
    move.via && viaWords(move.via),
    move.outcome && move.outcome !== move.via && move.outcome.replaceAll("_", " "),
    move.reason?.replaceAll("_", " "),
  ].filter(Boolean);
  return [what, place].filter(Boolean).join(" ") + (how.length ? `: ${how.join(", ")}` : "");
}
