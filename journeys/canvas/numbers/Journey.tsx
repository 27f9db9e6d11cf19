/** Journey stats: who entered and how they left, over time, and the goals held against the control group. */

import { lazy, Suspense, useState } from "react";
import { Guard } from "../../../config/islands/Guard";
import * as calls from "../calls";
import { count, percent, useAsked } from "./asked";
import type { Shared } from "./Numbers";
import { Scroll } from "./Scroll";

const Chart = lazy(() => import("../../../config/islands/Chart"));

const TILES: [keyof calls.JourneyStats, string][] = [
  ["qualified", "Qualified"],
  ["entered", "Entered"],
  ["held_out", "Control group"],
  ["inside", "Inside now"],
  ["goal_met", "Goal met"],
  ["completed", "Completed"],
  ["timed_out", "Timed out"],
  ["force_exits", "Force exits"],
  ["version_exits", "Version exits"],
];

export function Journey({ version, days, people }: Shared) {
  const { journey, number } = version;
  const [unit, setUnit] = useState("day");
  const { answer, error } = useAsked(`${days.first} ${days.last} ${unit}`, () =>
    calls.journeyStats(journey.id, number, days, unit),
  );
  if (error) return <p className="sj-notice bad">{error}</p>;
  if (!answer) return <p className="subtle">Counting …</p>;
  const series = (key: "entered" | "goal_met" | "completed" | "timed_out") => answer.trend.map((point) => point[key]);
  return (
    <>
      <div className="sj-tiles">
        {TILES.map(([key, name]) => (
          <div key={key} className="sj-tile">
            <div className="what">{name}</div>
            <div className="figure">
              {key === "inside" && answer.inside > 0 ? (
                <a href={`${people}?version=${number}`}>{count(answer.inside)}</a>
              ) : (
                count(Number(answer[key]))
              )}
            </div>
            {key === "entered" && answer.people < answer.entered && (
              <div className="more">{count(answer.people)} different people</div>
            )}
            {key === "goal_met" && answer.people_met < answer.goal_met && (
              <div className="more">{count(answer.people_met)} different people</div>
            )}
            {key === "goal_met" && <div className="more">{percent(answer.rate)} of those who qualified</div>}
          </div>
        ))}
      </div>
      <section className="sj-card">
        <h2>
          Over time
          <span className="right">
            <select
              className="rb-select"
              aria-label="By"
              value={unit}
              onChange={(chosen) => setUnit(chosen.target.value)}
            >
              <option value="day">by day</option>
              <option value="week">by week</option>
              <option value="month">by month</option>
            </select>
          </span>
        </h2>
        <div className="body">
          {answer.trend.length === 0 ? (
            <p className="subtle">Nothing happened in these days.</p>
          ) : (
            <Guard>
              <Suspense fallback={<p className="subtle">Drawing …</p>}>
                <Chart
                  height={260}
                  label="Entered, goal met, completed and timed out over time"
                  at={answer.trend.map((point) => Date.parse(`${point.day}T00:00:00`) / 1000)}
                  series={[
                    { label: "Entered", values: series("entered"), colour: "--accent", kind: "area" },
                    { label: "Goal met", values: series("goal_met"), colour: "--good" },
                    { label: "Completed", values: series("completed"), colour: "--subtle" },
                    { label: "Timed out", values: series("timed_out"), colour: "--warn" },
                  ]}
                />
              </Suspense>
            </Guard>
          )}
        </div>
      </section>
      {answer.conversions.length > 0 && (
        <section className="sj-card">
          <h2>
            Goals{" "}
            <span className="subtle">
              {answer.held_out
                ? "against the control group"
                : "nobody was held out, so there is nothing to compare with"}
            </span>
          </h2>
          <Scroll>
            <table className="sj-table">
              <thead>
                <tr>
                  <th>Goal</th>
                  <th className="number">Target</th>
                  <th className="number">Rate</th>
                  {answer.held_out > 0 && (
                    <>
                      <th className="number">Control</th>
                      <th className="number">Rate</th>
                      <th className="number">Boost</th>
                      <th className="number">95 % interval</th>
                    </>
                  )}
                </tr>
              </thead>
              <tbody>
                {answer.conversions.map((goal) => (
                  <tr key={goal.name}>
                    <td>{goal.name}</td>
                    <td className="number">{count(goal.target)}</td>
                    <td className="number">{percent(goal.target_rate)}</td>
                    {answer.held_out > 0 && (
                      <>
                        <td className="number">{count(goal.control)}</td>
                        <td className="number">{percent(goal.control_rate)}</td>
                        <td className="number">{signed(goal.boost)}</td>
                        <td className="number">
                          {goal.low === null || goal.high === null
                            ? "–"
                            : `${signed(goal.low)} to ${signed(goal.high)}`}
                        </td>
                      </>
                    )}
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        </section>
      )}
      {version.journey.versions.length > 1 && <Versions version={version} days={days} />}
    </>
  );
}

const signed = (value: number | null): string =>
  value === null ? "–" : `${value > 0 ? "+" : ""}${value.toFixed(1)} %`;

/** The same numbers of other versions, side by side. */
function Versions({ version, days }: { version: calls.VersionAnswer; days: calls.Days }) {
  const numbers = version.journey.versions.filter((it) => it.published_at).map((it) => it.number);
  const [shown, setShown] = useState(numbers.slice(0, 3));
  const { answer } = useAsked(`${shown} ${days.first} ${days.last}`, () =>
    Promise.all(shown.map((number) => calls.journeyStats(version.journey.id, number, days, "month"))),
  );
  return (
    <section className="sj-card">
      <h2>
        Versions side by side
        <span className="right sj-bar">
          {numbers.map((number) => (
            <label key={number} className="cv-check">
              <input
                type="checkbox"
                checked={shown.includes(number)}
                onChange={(changed) =>
                  setShown(
                    changed.target.checked
                      ? [...shown, number].sort((one, other) => other - one)
                      : shown.filter((it) => it !== number),
                  )
                }
              />
              {number}
            </label>
          ))}
        </span>
      </h2>
      <Scroll>
        <table className="sj-table">
          <thead>
            <tr>
              <th>
                <span className="cv-hidden">What</span>
              </th>
              {shown.map((number) => (
                <th key={number} className="number">
                  Version {number}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {answer?.length === shown.length &&
              TILES.map(([key, name]) => (
                <tr key={key}>
                  <td>{name}</td>
                  {answer.map((stats, at) => (
                    <td key={shown[at]} className="number">
                      {count(Number(stats[key]))}
                    </td>
                  ))}
                </tr>
              ))}
            {answer?.length === shown.length && (
              <tr>
                <td>Rate</td>
                {answer.map((stats, at) => (
                  <td key={shown[at]} className="number">
                    {percent(stats.rate)}
                  </td>
                ))}
              </tr>
            )}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}
