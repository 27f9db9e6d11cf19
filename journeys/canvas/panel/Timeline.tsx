/** The entry timeline: from when to when, once, on dates, or again and again (domain 3.3). */

import { Icon } from "../../../segments/builder/fields/Icon";
import { Days } from "../forms/fields";
import type { JourneyDocument, Json } from "../model/document";

type Line = Record<string, Json>;

export function Timeline({ document, onChange }: { document: JourneyDocument; onChange: (timeline: Line) => void }) {
  const line: Line = document.entry?.timeline ?? {};
  if ((document.entry?.criteria ?? "live") === "live") {
    return (
      <>
        <Moment label="From" now="At once" value={line.start} onChange={(start) => onChange({ ...line, start })} />
        <End line={line} onChange={onChange} />
      </>
    );
  }
  const way = "dates" in line ? "dates" : "every" in line ? "every" : "once";
  const begin = (next: string) => {
    if (next === "dates") onChange({ dates: [], start: "now", end: null });
    else if (next === "every") onChange({ every: 1, unit: "week", weekdays: ["mon"], start: "now", end: null });
    else onChange({ once: "now" });
  };
  return (
    <>
      <label className="cv-field">
        <span className="cv-label">How often</span>
        <select className="rb-select" value={way} onChange={(chosen) => begin(chosen.target.value)}>
          <option value="once">Once</option>
          <option value="dates">On specific dates</option>
          <option value="every">Again and again</option>
        </select>
      </label>
      {way === "once" && (
        <Moment label="When" now="At once" value={line.once} onChange={(once) => onChange({ ...line, once })} />
      )}
      {way === "dates" && <Dates line={line} onChange={onChange} />}
      {way === "every" && <Every line={line} onChange={onChange} />}
      {way !== "once" && (
        <>
          <Moment
            label="First run"
            now="At once"
            value={line.start}
            onChange={(start) => onChange({ ...line, start })}
          />
          <End line={line} onChange={onChange} />
          <label className="cv-field">
            <span className="cv-label">On each day, ask</span>
            <select
              className="rb-select"
              value={String(line.run_at ?? "day_end")}
              onChange={(chosen) => onChange({ ...line, run_at: chosen.target.value })}
            >
              <option value="day_end">at its end, so that the day counts</option>
              <option value="day_start">at its start</option>
            </select>
          </label>
        </>
      )}
    </>
  );
}

function Moment({
  label,
  now,
  value,
  onChange,
}: {
  label: string;
  now: string;
  value: Json | undefined;
  onChange: (value: string) => void;
}) {
  const later = typeof value === "string" && value !== "now";
  return (
    <div className="cv-field">
      <span className="cv-label">{label}</span>
      <div className="cv-row">
        <select
          className="rb-select"
          aria-label={label}
          value={later ? "later" : "now"}
          onChange={(chosen) => onChange(chosen.target.value === "now" ? "now" : soon())}
        >
          <option value="now">{now}</option>
          <option value="later">At a date</option>
        </select>
        {later && (
          <input
            className="rb-input"
            type="datetime-local"
            aria-label={`${label}: date and time`}
            value={value.slice(0, 16)}
            onChange={(typed) => typed.target.value && onChange(typed.target.value)}
          />
        )}
      </div>
    </div>
  );
}

/** Tomorrow at nine, to begin with. */
function soon(): string {
  const day = new Date(Date.now() + 86_400_000);
  return `${day.getFullYear()}-${String(day.getMonth() + 1).padStart(2, "0")}-${String(day.getDate()).padStart(2, "0")}T09:00`;
}

function End({ line, onChange }: { line: Line; onChange: (timeline: Line) => void }) {
  const end = typeof line.end === "string" ? line.end : null;
  return (
    <div className="cv-field">
      <label className="cv-check">
        <input
          type="checkbox"
          checked={end !== null}
          onChange={(changed) => onChange({ ...line, end: changed.target.checked ? soon() : null })}
        />
        Ends at a date
      </label>
      {end !== null && (
        <input
          className="rb-input"
          type="datetime-local"
          aria-label="End"
          value={end.slice(0, 16)}
          onChange={(typed) => typed.target.value && onChange({ ...line, end: typed.target.value })}
        />
      )}
    </div>
  );
}

function Dates({ line, onChange }: { line: Line; onChange: (timeline: Line) => void }) {
  const dates = (line.dates as string[] | undefined) ?? [];
  return (
    <div className="cv-field">
      <span className="cv-label">Dates</span>
      {dates.map((day) => (
        <span key={day} className="rb-token">
          {day}
          <button
            type="button"
            aria-label={`Remove ${day}`}
            onClick={() => onChange({ ...line, dates: dates.filter((it) => it !== day) })}
          >
            <Icon name="close" />
          </button>
        </span>
      ))}
      <input
        className="rb-input"
        type="date"
        aria-label="Add a date"
        value=""
        onChange={(typed) =>
          typed.target.value && onChange({ ...line, dates: [...new Set([...dates, typed.target.value])].sort() })
        }
      />
    </div>
  );
}

const MOST_EVERY: Record<string, number> = { day: 30, week: 12, month: 12 };

function Every({ line, onChange }: { line: Line; onChange: (timeline: Line) => void }) {
  const unit = String(line.unit ?? "week");
  return (
    <>
      <div className="cv-row">
        <label className="cv-field">
          <span className="cv-label">Every</span>
          <input
            className="rb-input rb-number"
            type="number"
            min={1}
            max={MOST_EVERY[unit]}
            value={Number(line.every ?? 1)}
            onChange={(typed) => onChange({ ...line, every: Math.max(1, Math.round(typed.target.valueAsNumber || 1)) })}
          />
        </label>
        <label className="cv-field">
          <span className="cv-label">Unit</span>
          <select
            className="rb-select"
            value={unit}
            onChange={(chosen) => {
              const { weekdays: _, day: __, ...rest } = line;
              const next = chosen.target.value;
              onChange({
                ...rest,
                unit: next,
                ...(next === "week" ? { weekdays: ["mon"] } : next === "month" ? { day: 1 } : {}),
              });
            }}
          >
            <option value="day">days</option>
            <option value="week">weeks</option>
            <option value="month">months</option>
          </select>
        </label>
      </div>
      {unit === "week" && (
        <Days
          label="Weekdays"
          value={(line.weekdays as string[] | undefined) ?? []}
          onChange={(weekdays) => onChange({ ...line, weekdays })}
        />
      )}
      {unit === "month" && (
        <label className="cv-field">
          <span className="cv-label">On day</span>
          <input
            className="rb-input rb-number"
            type="number"
            min={1}
            max={31}
            value={Number(line.day ?? 1)}
            onChange={(typed) => onChange({ ...line, day: Math.min(31, Math.max(1, typed.target.valueAsNumber || 1)) })}
          />
          {Number(line.day) > 28 && <small className="subtle">In shorter months, on the last day.</small>}
        </label>
      )}
    </>
  );
}
