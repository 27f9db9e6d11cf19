/** What somebody did or did not do: an event, how often, when, with which properties. */

import { Select } from "../fields/basic";
import { Combobox } from "../fields/Combobox";
import { Icon, IconButton } from "../fields/Icon";
import { type Condition, type EventPart, type Total, without } from "../rule";
import { ConditionEditor } from "./ConditionEditor";
import { Amount, NUMBER_OPS, OftenField } from "./HowMany";
import { HoursFields, RangeField, WeekdaysField } from "./When";

interface Props<T> {
  value: T;
  onChange: (value: T) => void;
  label: string;
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
