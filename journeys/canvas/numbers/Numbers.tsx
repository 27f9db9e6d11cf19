/** The pages of numbers of a journey: on its nodes, of its messages, and of the whole, for a version and some days. */

import "../canvas.css";
import "../../../segments/builder/builder.css";
import { useEffect, useState } from "react";
import * as calls from "../calls";
import type { Kinds } from "../model/document";
import { Engagement } from "./Engagement";
import { Journey } from "./Journey";
import { Nodes } from "./Nodes";

interface Props {
  journey: number;
  version: number;
  tab: "nodes" | "engagement" | "journey";
  /** The address of a list of people: those inside a version, at a node. */
  people: string;
  /** Today on the account's calendar. */
  today: string;
}

const RANGES: [string, number | null][] = [
  ["Since the start", null],
  ["Today", 0],
  ["7 days", 6],
  ["30 days", 29],
  ["90 days", 89],
];

export default function Numbers({ journey, version, tab, people, today }: Props) {
  const [loaded, setLoaded] = useState<calls.VersionAnswer | null>(null);
  const [kinds, setKinds] = useState<Kinds | null>(null);
  const [days, setDays] = useState<calls.Days>({ first: "", last: "" });
  const [error, setError] = useState("");

  useEffect(() => {
    const fail = (reason: unknown) => setError(reason instanceof Error ? reason.message : String(reason));
    calls.load(journey, version).then(setLoaded, fail);
    calls.palette().then((found) => setKinds(new Map(found.map((kind) => [kind.name, kind]))), fail);
  }, [journey, version]);

  if (error) return <p className="sj-notice bad">{error}</p>;
  if (!loaded || !kinds) return <p className="subtle">Loading the numbers …</p>;
  const wrong = Boolean(days.first && days.last && days.first > days.last);
  const shared = { version: loaded, days, kinds, people };
  return (
    <div className="nb">
      <div className="sj-bar">
        <select
          className="rb-select"
          aria-label="Version"
          value={version}
          onChange={(chosen) => location.assign(`?version=${chosen.target.value}`)}
        >
          {loaded.journey.versions.map((it) => (
            <option key={it.number} value={it.number}>
              Version {it.number} · {it.status}
            </option>
          ))}
        </select>
        {RANGES.map(([name, back]) => {
          const range = { first: back === null ? "" : daysBefore(today, back), last: back === null ? "" : today };
          const on = range.first === days.first && range.last === days.last;
          return (
            <button
              key={name}
              type="button"
              className={`sj-chip ${on ? "on" : ""}`}
              aria-pressed={on}
              onClick={() => setDays(range)}
            >
              {name}
            </button>
          );
        })}
        <input
          className="rb-input"
          type="date"
          aria-label="From"
          value={days.first}
          max={today}
          onChange={(typed) => setDays({ ...days, first: typed.target.value })}
        />
        <span>to</span>
        <input
          className="rb-input"
          type="date"
          aria-label="To"
          value={days.last}
          max={today}
          onChange={(typed) => setDays({ ...days, last: typed.target.value })}
        />
      </div>
      {wrong ? (
        <p className="sj-notice bad">The last day is before the first one.</p>
      ) : tab === "nodes" ? (
        <Nodes {...shared} />
      ) : tab === "engagement" ? (
        <Engagement {...shared} />
      ) : (
        <Journey {...shared} />
      )}
    </div>
  );
}

export interface Shared {
  version: calls.VersionAnswer;
  days: calls.Days;
  kinds: Kinds;
  people: string;
}

/** The day that many days before one, both YYYY-MM-DD. */
function daysBefore(day: string, count: number): string {
  const at = new Date(`${day}T12:00:00Z`);
  at.setUTCDate(at.getUTCDate() - count);
  return at.toISOString().slice(0, 10);
}
