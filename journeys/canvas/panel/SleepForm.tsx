/** How long people sleep on a link, in every form of domain 5.4. */

import { Days } from "../forms/fields";
import { DurationField } from "../forms/widgets";
import type { Sleep } from "../model/document";
import { WEEK } from "../model/words";

type Way = "none" | "after" | "clock" | "best";

const wayOf = (sleep: Sleep | null): Way =>
  !sleep ? "none" : sleep.best_time ? "best" : sleep.clock ? "clock" : sleep.after ? "after" : "none";

const WAYS: [Way, string][] = [
  ["none", "Go on at once"],
  ["after", "After a time"],
  ["clock", "At a clock time"],
  ["best", "At each person's best time"],
];

interface Props {
  sleep: Sleep | null;
  editable: boolean;
  onChange: (sleep: Sleep | null) => void;
}

export function SleepForm({ sleep, editable, onChange }: Props) {
  const way = wayOf(sleep);
  const only = sleep?.only ?? null;
  const begin = (next: Way) => {
    if (next === "after") onChange({ after: "PT1H", ...(only ? { only } : {}) });
    else if (next === "clock") onChange({ days: 0, clock: "10:00", ...(only ? { only } : {}) });
    else if (next === "best") onChange({ best_time: {} });
    else onChange(only ? { only } : null);
  };
  return (
    <fieldset className="cv-fields" disabled={!editable}>
      <legend className="cv-hidden">Sleep</legend>
      <div className="cv-radios">
        {WAYS.map(([key, label]) => (
          <label key={key}>
            <input type="radio" name="sleep" checked={way === key} onChange={() => begin(key)} />
            {label}
          </label>
        ))}
      </div>
      {way === "after" && (
        <div className="cv-field">
          <span className="cv-label">How long</span>
          <DurationField
            label="How long"
            value={sleep?.after}
            onChange={(after) => after && onChange({ ...sleep, after })}
          />
        </div>
      )}
      {way === "clock" && (
        <div className="cv-row">
          <label className="cv-field">
            <span className="cv-label">Days later</span>
            <input
              className="rb-input rb-number"
              type="number"
              min={0}
              max={365}
              value={sleep?.days ?? 0}
              onChange={(typed) =>
                onChange({ ...sleep, days: Math.max(0, Math.round(typed.target.valueAsNumber || 0)) })
              }
            />
          </label>
          <label className="cv-field">
            <span className="cv-label">At</span>
            <input
              className="rb-input"
              type="time"
              value={sleep?.clock ?? ""}
              onChange={(typed) => typed.target.value && onChange({ ...sleep, clock: typed.target.value.slice(0, 5) })}
            />
          </label>
        </div>
      )}
      {way === "best" && (
        <p className="subtle">
          When each person was most active in the last 180 days, in blocks of two hours of their own clock.
        </p>
      )}
      {way !== "best" && (
        <>
          <label className="cv-check">
            <input
              type="checkbox"
              checked={only !== null}
              onChange={(changed) => {
                if (changed.target.checked)
                  onChange({ ...sleep, only: { weekdays: WEEK.slice(0, 5), from: "09:00", to: "18:00" } });
                else {
                  const { only: _, ...rest } = sleep ?? {};
                  onChange(Object.keys(rest).length ? rest : null);
                }
              }}
            />
            Only at certain times; else at the next moment that fits
          </label>
          {only && (
            <div className="cv-fields">
              <Days
                label="Weekdays"
                value={only.weekdays?.length ? only.weekdays : WEEK}
                onChange={(weekdays) => onChange({ ...sleep, only: { ...only, weekdays } })}
              />
              <div className="cv-row">
                {(["from", "to"] as const).map((end) => (
                  <label key={end} className="cv-field">
                    <span className="cv-label">{end === "from" ? "From" : "To"}</span>
                    <input
                      className="rb-input"
                      type="time"
                      value={only[end] ?? ""}
                      onChange={(typed) =>
                        onChange({ ...sleep, only: { ...only, [end]: typed.target.value.slice(0, 5) || null } })
                      }
                    />
                  </label>
                ))}
              </div>
            </div>
          )}
        </>
      )}
    </fieldset>
  );
}
