/** A test: the message as it stands in the panel, saved or not, sent at once to people who are marked as test. */

import { useEffect, useState } from "react";
import { isAbort } from "../../../config/islands/api";
import * as calls from "../calls";
import type { Json, Kind, Step } from "../model/document";
import { Dialog } from "../view/Dialog";

interface Props {
  version: calls.VersionAnswer;
  kind: Kind;
  step: Step;
  /** What may be sent, by name. */
  contents: [string, Json][];
  /** The event that leads people here, if there is just one. */
  event: string;
  onClose: () => void;
}

const MARKED = "/admin/profiles/profile/?test=1";
/** In a tab of its own: what is in the panel may not be saved. */
const Marked = () => (
  <a className="link" href={MARKED} target="_blank" rel="noreferrer">
    People
  </a>
);
const OUTCOMES = { sent: "sent", recorded: "recorded", failed: "failed", unreachable: "unreachable" };

const said = (error: unknown) => (error instanceof Error ? error.message : String(error));

export function TestSend({ version, kind, step, contents, event, onClose }: Props) {
  const [told, setTold] = useState<calls.TestPeople | null>(null);
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const [variant, setVariant] = useState(0);
  const [sending, setSending] = useState(false);
  const [results, setResults] = useState<calls.TestResult[]>([]);
  const [error, setError] = useState("");
  const journey = version.journey.id;
  const { number } = version;

  useEffect(() => {
    const stop = new AbortController();
    calls.testPeople(journey, number, stop.signal).then(setTold, (failure) => {
      if (!isAbort(failure)) setError(said(failure));
    });
    return () => stop.abort();
  }, [journey, number]);

  const send = async () => {
    const [name, content] = contents[variant] ?? ["", {}];
    const { provider = null, groups, critical } = step.config ?? {};
    setSending(true);
    setError("");
    setResults([]);
    try {
      setResults(
        await calls.sendTest(journey, number, {
          node: step.id,
          kind: kind.name,
          content,
          variant: contents.length > 1 ? name : "",
          provider,
          groups,
          critical,
          event_name: event,
          people: [...chosen],
        }),
      );
    } catch (failure) {
      setError(said(failure));
    } finally {
      setSending(false);
    }
  };
  const turn = (id: number) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  const most = told?.most ?? 0;

  return (
    <Dialog
      title={`Send a test: ${step.name || kind.label}`}
      onClose={onClose}
      actions={
        <>
          <button type="button" className="sj-button" onClick={onClose}>
            Close
          </button>
          <button
            type="button"
            className="sj-button primary"
            disabled={sending || chosen.size === 0 || chosen.size > most}
            onClick={send}
          >
            {sending ? "Sending …" : "Send the test"}
          </button>
        </>
      }
    >
      <p>
        The message as it is in the panel goes out now, through the node’s provider, with the values of each person
        {event && ` and of their latest “${event}”`}. It counts nowhere. Limits and quiet hours do not hold it back;
        whoever opted out gets none.
      </p>
      {contents.length > 1 && (
        <label className="cv-field">
          <span className="cv-label">Variant</span>
          <select className="rb-select" value={variant} onChange={(it) => setVariant(Number(it.target.value))}>
            {contents.map(([name], at) => (
              <option key={name} value={at}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
      {told && told.people.length === 0 && (
        <p className="sj-notice warn">
          Nobody is marked as test yet. Find a person under <Marked /> and mark them on their page.
        </p>
      )}
      {told && told.people.length > 0 && (
        <fieldset className="cv-testers">
          <legend className="cv-label">
            To whom {chosen.size > most && <span className="bad">at most {most} at a time</span>}
          </legend>
          {told.people.map((it) => (
            <label key={it.id}>
              <input type="checkbox" checked={chosen.has(it.id)} onChange={() => turn(it.id)} />
              <span>
                {it.name}{" "}
                <span className="subtle">{[`#${it.id}`, it.email, it.phone].filter(Boolean).join(" · ")}</span>
              </span>
            </label>
          ))}
          <small className="subtle">
            Who is here is kept under <Marked />.
          </small>
        </fieldset>
      )}
      <div aria-live="polite">
        {error && <p className="sj-notice bad">{error}</p>}
        {results.length > 0 && (
          <ul className="cv-testresults" aria-label="What became of it">
            {results.map((it) => (
              <li key={it.id}>
                <b>{it.name}</b> <span className={`sj-label ${it.outcome}`}>{OUTCOMES[it.outcome]}</span>{" "}
                {it.outcome === "recorded" ? "The sandbox took it; nothing left the house." : it.reason}
              </li>
            ))}
          </ul>
        )}
      </div>
    </Dialog>
  );
}
