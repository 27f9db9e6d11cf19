/** When something happened: a range of time, the time of day, the day of the week. */

import { ClockField, DateField, NumberField, Select } from "../fields/basic";
import { type Range, WEEKDAYS, type Weekday } from "../rule";

export const DAYS: Record<Weekday, string> = {
  mon: "Monday",
  tue: "Tuesday",
  wed: "Wednesday",
  thu: "Thursday",
  fri: "Friday",
  sat: "Saturday",
  sun: "Sunday",
};

interface Props<T> {
  value: T;
  onChange: (value: T) => void;
  label: string;
}

type RangeKind = "ever" | keyof Omit<Range, "unit">;
const RANGES: readonly (readonly [RangeKind, string])[] = [
  ["ever", "at any time"],
  ["last", "in the last"],
  ["days_ago", "exactly … days ago"],
  ["between", "from … to"],
  ["before", "before"],
  ["after", "after"],
  ["on", "on"],
];
const FRESH: Record<Exclude<RangeKind, "ever">, Range> = {
  last: { last: 30, unit: "day" },
  days_ago: { days_ago: 1 },
  between: { between: [null, null] },
  before: { before: null },
  after: { after: null },
  on: { on: null },
};

/** The range of time; none is any time up to now. */
export function RangeField({ value, onChange, label }: Props<Range | undefined>) {
  const range = value ?? {};
  const kind = (RANGES.find(([key]) => key in range)?.[0] ?? "ever") as RangeKind;
  return (
    <span className="rb-part">
      <Select<RangeKind>
        label={`${label}: when`}
        value={kind}
        options={RANGES}
        onChange={(next) => onChange(next === "ever" ? undefined : FRESH[next])}
      />
      {kind === "last" && (
        <>
          <NumberField
            label={`${label}: how many`}
            whole
            min={1}
            max={10000}
            value={range.last}
            onChange={(it) => onChange({ ...range, last: it as number | null })}
          />
          <Select
            label={`${label}: unit`}
            value={range.unit ?? "day"}
            options={(["minute", "hour", "day", "week", "month"] as const).map((it) => [it, `${it}s`] as const)}
            onChange={(unit) => onChange({ ...range, unit })}
          />
        </>
      )}
      {kind === "days_ago" && (
        <>
          <NumberField
            label={`${label}: days ago`}
            whole
            min={0}
            max={10000}
            value={range.days_ago}
            onChange={(it) => onChange({ days_ago: it as number | null })}
          />
          <span className="rb-word">days ago{range.days_ago === 0 ? " (today)" : ""}</span>
        </>
      )}
      {kind === "between" && range.between && (
        <>
          <DateField
            label={`${label}: from`}
            value={range.between[0]}
            onChange={(it) => onChange({ between: [it, range.between?.[1] ?? null] })}
          />
          <span className="rb-word">to</span>
          <DateField
            label={`${label}: to`}
            value={range.between[1]}
            onChange={(it) => onChange({ between: [range.between?.[0] ?? null, it] })}
          />
        </>
      )}
      {(kind === "before" || kind === "after" || kind === "on") && (
        <DateField
          label={`${label}: ${kind}`}
          value={range[kind] ?? null}
          onChange={(it) => onChange({ [kind]: it })}
        />
      )}
    </span>
  );
}

/** The hours of the day. */
export function HoursFields({ value, onChange, label }: Props<{ from: string | null; to: string | null }>) {
  return (
    <>
      <ClockField label={`${label}: from`} value={value.from} onChange={(from) => onChange({ ...value, from })} />
      <span className="rb-word">and</span>
      <ClockField label={`${label}: to`} value={value.to} onChange={(to) => onChange({ ...value, to })} />
    </>
  );
}

/** Some days of the week. */
export function WeekdaysField({ value, onChange, label }: Props<Weekday[]>) {
  return (
    <fieldset className="rb-days" aria-label={label}>
      {WEEKDAYS.map((day) => (
        <button
          key={day}
          type="button"
          aria-pressed={value.includes(day)}
          title={DAYS[day]}
          onClick={() => onChange(WEEKDAYS.filter((it) => (it === day ? !value.includes(it) : value.includes(it))))}
        >
          {DAYS[day].slice(0, 3)}
        </button>
      ))}
    </fieldset>
  );
}
