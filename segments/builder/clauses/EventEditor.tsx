/** What somebody did or did not do: an event, how often, when, with which properties. */

import { ClockField, DateField, NumberField, Select } from "../fields/basic";
import { Combobox } from "../fields/Combobox";
import { Icon, IconButton } from "../fields/Icon";
import {
  type Condition,
  type EventPart,
  type NumberOp,
  type Range,
  type Total,
  WEEKDAYS,
  type Weekday,
  without,
} from "../rule";
import { ConditionEditor } from "./ConditionEditor";

export const DAYS: Record<Weekday, string> = {
  mon: "Monday",
  tue: "Tuesday",
  wed: "Wednesday",
  thu: "Thursday",
  fri: "Friday",
  sat: "Saturday",
  sun: "Sunday",
};

const NUMBER_OPS: readonly (readonly [NumberOp, string])[] = [
  [">=", "at least"],
  ["=", "exactly"],
  [">", "more than"],
  ["<=", "at most"],
  ["<", "fewer than"],
  ["between", "from … to"],
];

interface Props<T> {
  value: T;
  onChange: (value: T) => void;
  label: string;
}

type Often = "once" | "first" | "last" | NumberOp;

/** How often, or which one of them. */
export function OftenField({ value, onChange, label }: Props<EventPart>) {
  const { count } = value;
  const often: Often = count ? count.op : value.first_time ? "first" : value.last_time ? "last" : "once";
  const rest = without(value, "count", "first_time", "last_time");
  const choose = (next: Often) => {
    if (next === "once") return onChange(rest);
    // The first or last time is one event: it has no sum, and it must be said when it was.
    const one = { ...without(rest, "sum", "average"), within: value.within ?? { last: 30, unit: "day" as const } };
    if (next === "first") return onChange({ ...one, first_time: true });
    if (next === "last") return onChange({ ...one, last_time: true });
    const old = count?.value ?? (next === "<" ? 3 : 2);
    const number = Array.isArray(old) ? (old[0] ?? null) : old;
    const fits = next === "between" ? (Array.isArray(old) ? old : [number, null]) : number;
    return onChange({ ...rest, count: { ...count, op: next, value: fits } });
  };
  return (
    <span className="rb-part">
      <Select<Often>
        label={`${label}: how often`}
        value={often}
        options={[
          ["once", "at least once"],
          ...NUMBER_OPS,
          ["first", "for the first time"],
          ["last", "for the last time"],
        ]}
        onChange={choose}
      />
      {count && (
        <>
          <Amount
            label={`${label}: times`}
            whole
            op={count.op}
            value={count.value}
            onChange={(next) => onChange({ ...value, count: { ...count, value: next } })}
          />
          <span className="rb-word">times</span>
          <label className="rb-check">
            <input
              type="checkbox"
              checked={count.include_zero ?? false}
              onChange={(change) =>
                onChange({
                  ...value,
                  count: change.target.checked ? { ...count, include_zero: true } : without(count, "include_zero"),
                })
              }
            />
            include people who didn’t
          </label>
        </>
      )}
    </span>
  );
}

interface AmountProps {
  label: string;
  op: NumberOp;
  value: unknown;
  whole?: boolean;
  onChange: (value: unknown) => void;
}

function Amount({ label, op, value, whole = false, onChange }: AmountProps) {
  if (op !== "between")
    return (
      <NumberField
        label={label}
        min={whole ? 0 : undefined}
        whole={whole}
        wide={!whole}
        value={value}
        onChange={onChange}
      />
    );
  const [low, high] = Array.isArray(value) ? value : [value, null];
  return (
    <>
      <NumberField
        label={`${label}, from`}
        whole={whole}
        wide={!whole}
        value={low}
        onChange={(it) => onChange([it, high])}
      />
      <span className="rb-word">to</span>
      <NumberField
        label={`${label}, to`}
        whole={whole}
        wide={!whole}
        value={high}
        onChange={(it) => onChange([low, it])}
      />
    </>
  );
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

/** A line under a clause, with what takes it away. */
export function Line({ icon, word, remove, onRemove, children }: React.PropsWithChildren<LineProps>) {
  return (
    <div className="rb-line">
      <Icon name={icon} />
      <span className="rb-word">{word}</span>
      {children}
      <IconButton icon="close" label={remove} onClick={onRemove} />
    </div>
  );
}
interface LineProps {
  icon: string;
  word: string;
  remove: string;
  onRemove: () => void;
}

/** The conditions on one event, joined by “and”. */
export function WhereLines({ value, onChange, label, event }: Props<Condition[]> & { event: string }) {
  return value.map((condition, at) => (
    <Line
      // biome-ignore lint/suspicious/noArrayIndexKey: conditions have no name of their own, and are never reordered
      key={at}
      icon="filter_alt"
      word={at === 0 ? "where" : "and"}
      remove={`Remove filter ${at + 1}`}
      onRemove={() => onChange(value.filter((_, other) => other !== at))}
    >
      <ConditionEditor
        kind="event_property"
        event={event}
        label={`${label}, filter ${at + 1}`}
        value={condition}
        onChange={(next) => onChange(value.map((old, other) => (other === at ? next : old)))}
      />
    </Line>
  ));
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

function WeekdaysField({ value, onChange, label }: Props<Weekday[]>) {
  return (
    <fieldset className="rb-days" aria-label={label}>
      {WEEKDAYS.map((day) => (
        <button
          key={day}
          type="button"
          aria-pressed={value.includes(day)}
          aria-label={DAYS[day]}
          onClick={() => onChange(WEEKDAYS.filter((it) => (it === day ? !value.includes(it) : value.includes(it))))}
        >
          {DAYS[day].slice(0, 2)}
        </button>
      ))}
    </fieldset>
  );
}

function TotalLine({ value, onChange, label, name }: Props<EventPart> & { name: "sum" | "average" }) {
  const total = value[name];
  if (!total) return null;
  const set = (next: Total) => onChange({ ...value, [name]: next });
  return (
    <Line icon="functions" word="and the" remove={`Remove the ${name}`} onRemove={() => onChange(without(value, name))}>
      <Select
        label={`${label}: sum or average`}
        value={name}
        options={[
          ["sum", "sum"],
          ["average", "average"],
        ]}
        onChange={(next) => onChange({ ...without(value, "sum", "average"), [next]: total })}
      />
      <span className="rb-word">of</span>
      <Combobox
        kind="event_property"
        event={value.event}
        label={`${label}: property of the ${name}`}
        placeholder="property"
        value={total.property}
        onChange={(property) => set({ ...total, property })}
      />
      <span className="rb-word">is</span>
      <Select
        label={`${label}: ${name} compares`}
        value={total.op}
        options={NUMBER_OPS.map(([key, text]) => [key, text === "fewer than" ? "less than" : text] as const)}
        onChange={(op) => {
          const low = Array.isArray(total.value) ? (total.value[0] ?? null) : total.value;
          set({ ...total, op, value: op === "between" ? [low, null] : low });
        }}
      />
      <Amount
        label={`${label}: ${name}`}
        op={total.op}
        value={total.value}
        onChange={(next) => set({ ...total, value: next })}
      />
    </Line>
  );
}

interface EventProps extends Props<EventPart> {
  /** did: with how often, sum and average; did_not: without. */
  done: boolean;
  before?: React.ReactNode;
  after?: React.ReactNode;
}

/** One event and everything asked of it. before: what stands in front of its name. after: what else can be added. */
export function EventEditor({ value, onChange, label, done, before, after }: EventProps) {
  const add = [
    { key: "where", text: "property filter", show: true },
    {
      key: "sum",
      text: "sum or average",
      show: done && !value.sum && !value.average && !value.first_time && !value.last_time,
    },
    { key: "hours", text: "time of day", show: !value.hours },
    { key: "weekdays", text: "day of week", show: !value.weekdays },
  ].filter((it) => it.show);
  const adding = (key: string) => {
    if (key === "where")
      onChange({ ...value, where: [...(value.where ?? []), { property: "", op: "=", value: null }] });
    if (key === "sum") onChange({ ...value, sum: { property: "", op: ">=", value: null } });
    if (key === "hours") onChange({ ...value, hours: { from: "18:00", to: "22:00" } });
    if (key === "weekdays") onChange({ ...value, weekdays: ["sat", "sun"] });
  };
  return (
    <>
      <div className="rb-row">
        {before}
        <Combobox
          kind="event"
          label={`${label}: event`}
          placeholder="event"
          value={value.event}
          onChange={(event) => onChange({ ...value, event })}
        />
        {done && <OftenField {...{ value, onChange, label }} />}
        <RangeField
          label={label}
          value={value.within}
          onChange={(within) => onChange(within ? { ...value, within } : without(value, "within"))}
        />
      </div>
      <WhereLines
        event={value.event}
        label={label}
        value={value.where ?? []}
        onChange={(where) => onChange(where.length ? { ...value, where } : without(value, "where"))}
      />
      <TotalLine name="sum" {...{ value, onChange, label }} />
      <TotalLine name="average" {...{ value, onChange, label }} />
      {value.hours && (
        <Line
          icon="schedule"
          word="between"
          remove="Remove the time of day"
          onRemove={() => onChange(without(value, "hours"))}
        >
          <HoursFields
            label={`${label}, time of day`}
            value={value.hours}
            onChange={(hours) => onChange({ ...value, hours })}
          />
        </Line>
      )}
      {value.weekdays && (
        <Line
          icon="date_range"
          word="on a"
          remove="Remove the days of the week"
          onRemove={() => onChange(without(value, "weekdays"))}
        >
          <WeekdaysField
            label={`${label}: days of the week`}
            value={value.weekdays}
            onChange={(weekdays) => onChange({ ...value, weekdays })}
          />
        </Line>
      )}
      <div className="rb-more">
        {add.map((it) => (
          <button
            key={it.key}
            type="button"
            className="rb-plus"
            aria-label={`${label}: add ${it.text}`}
            onClick={() => adding(it.key)}
          >
            <Icon name="add" />
            {it.text}
          </button>
        ))}
        {after}
      </div>
    </>
  );
}
