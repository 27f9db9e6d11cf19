/** The paths of an IntelliNODE or a conditional split over time: who took them, in numbers or shares, and their conversion. */

import { lazy, Suspense, useMemo, useState } from "react";
import { Guard } from "../../../config/islands/Guard";
import * as calls from "../calls";
import { viaWords } from "../model/words";
import { count, percent, useAsked } from "./asked";
import { Scroll } from "./Scroll";

const Chart = lazy(() => import("../../../config/islands/Chart"));

const COLOURS = ["--path-1", "--path-2", "--path-3", "--path-4", "--path-5", "--path-6", "--path-7"];

interface Props {
  journey: number;
  version: number;
  node: number;
  days: calls.Days;
  /** Whether its paths have goals, as those of an IntelliNODE do. */
  goals: boolean;
}

export function PathsCard({ journey, version, node, days, goals }: Props) {
  const [unit, setUnit] = useState("day");
  const [hidden, setHidden] = useState<string[]>([]);
  const { answer, error } = useAsked(`${node} ${days.first} ${days.last} ${unit}`, () =>
    calls.pathStats(journey, version, node, days, unit),
  );
  const drawn = useMemo(() => {
    if (!answer) return null;
    const all = answer.days.map((_, at) => total(answer.paths.map((path) => path.entered[at] ?? 0)));
    const shown = answer.paths
      .map((path, at) => ({ path, label: path.name || viaWords(path.via), colour: COLOURS[at % COLOURS.length] ?? "" }))
      .filter(({ path }) => !hidden.includes(path.via));
    return {
      at: answer.days.map((day) => Date.parse(`${day}T00:00:00`) / 1000),
      entered: shown.map(({ path, label, colour }) => ({
        label,
        colour,
        values: path.entered.map((value, at) => (goals ? (all[at] ? (100 * value) / (all[at] ?? 1) : null) : value)),
        kind: "line" as const,
      })),
      converted: shown.map(({ path, label, colour }) => ({
        label,
        colour,
        values: running(path.conversions).map((value, at) => {
          const entered = running(path.entered)[at] ?? 0;
          return entered ? (100 * value) / entered : null;
        }),
        kind: "line" as const,
      })),
    };
  }, [answer, goals, hidden]);
  if (error) return <p className="sj-notice bad">{error}</p>;
  if (!answer || !drawn) return <p className="subtle">Counting …</p>;
  return (
    <section className="nb-paths">
      <h3 className="cv-label">
        {goals ? "Distribution over time, %" : "People over time"}
        <select className="rb-select" aria-label="By" value={unit} onChange={(chosen) => setUnit(chosen.target.value)}>
          <option value="day">by day</option>
          <option value="week">by week</option>
          <option value="month">by month</option>
        </select>
      </h3>
      <div className="nb-toggles">
        {answer.paths.map((path, at) => (
          <label key={path.via} className="cv-check">
            <input
              type="checkbox"
              checked={!hidden.includes(path.via)}
              onChange={(changed) =>
                setHidden(changed.target.checked ? hidden.filter((via) => via !== path.via) : [...hidden, path.via])
              }
            />
            <span className="nb-dot" style={{ background: `var(${COLOURS[at % COLOURS.length]})` }} />
            {path.name || viaWords(path.via)}
          </label>
        ))}
      </div>
      {answer.days.length === 0 ? (
        <p className="subtle">Nobody came here in these days.</p>
      ) : (
        <Guard>
          <Suspense fallback={<p className="subtle">Drawing …</p>}>
            <Chart height={170} label="Who took each path over time" at={drawn.at} series={drawn.entered} />
            {goals && (
              <>
                <h3 className="cv-label">Conversion so far, %</h3>
                <Chart
                  height={170}
                  label="Conversion of each path, cumulative"
                  at={drawn.at}
                  series={drawn.converted}
                />
              </>
            )}
          </Suspense>
        </Guard>
      )}
      {answer.days.length > 0 && (
        <Scroll>
          <table className="sj-table">
            <thead>
              <tr>
                <th>From</th>
                {answer.paths.map((path) => (
                  <th key={path.via} className="number">
                    {path.name || viaWords(path.via)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {answer.days
                .map((day, at) => ({ day, at }))
                .reverse()
                .slice(0, MOST)
                .map(({ day, at }) => {
                  const all = total(answer.paths.map((path) => path.entered[at] ?? 0));
                  return (
                    <tr key={day}>
                      <td>{day}</td>
                      {answer.paths.map((path) => (
                        <td key={path.via} className="number">
                          {count(path.entered[at] ?? 0)}{" "}
                          <span className="subtle">{percent(all ? (100 * (path.entered[at] ?? 0)) / all : null)}</span>
                        </td>
                      ))}
                    </tr>
                  );
                })}
            </tbody>
          </table>
        </Scroll>
      )}
    </section>
  );
}

const MOST = 31; // rows of the table, the latest

const total = (values: number[]): number => values.reduce((one, other) => one + other, 0);

function running(values: number[]): number[] {
  let sofar = 0;
  return values.map((value) => {
    sofar += value;
    return sofar;
  });
}
