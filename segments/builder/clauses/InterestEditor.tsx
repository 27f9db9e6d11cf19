/** An interest: what most, or at least so many percent, of somebody's events have in common. */

import { NumberField, Select } from "../fields/basic";
import { Combobox } from "../fields/Combobox";
import { Icon } from "../fields/Icon";
import { type Condition, type Interest, WEEKDAYS, without } from "../rule";
import { ConditionEditor } from "./ConditionEditor";
import { WhereLines } from "./EventEditor";
import { Kind } from "./Kind";
import { DAYS, HoursFields, RangeField } from "./When";

type In = "property" | "hours" | "weekday";
const FRESH: Record<In, Partial<Interest>> = {
  property: { property: "", value: null },
  hours: { hours: { from: "18:00", to: "22:00" } },
  weekday: { weekday: "sat" },
};

interface Props {
  value: Interest;
  onChange: (value: Interest) => void;
  label: string;
}

export function InterestEditor({ value, onChange, label }: Props) {
  const about: In = value.hours ? "hours" : value.weekday ? "weekday" : "property";
  const mostly = value.at_least === undefined;
  return (
    <>
      <div className="rb-row">
        <Kind kind="interest" />
        <span className="rb-word">did</span>
        <Combobox
          kind="event"
          label={`${label}: event`}
          placeholder="event"
          value={value.event}
          onChange={(event) => onChange({ ...value, event })}
        />
        <Select
          label={`${label}: how strong`}
          value={mostly ? "mostly" : "share"}
          options={[
            ["mostly", "predominantly"],
            ["share", "at least … %"],
          ]}
          onChange={(it) =>
            onChange(
              it === "mostly"
                ? { ...without(value, "at_least"), predominantly: true }
                : { ...without(value, "predominantly"), at_least: 50 },
            )
          }
        />
        {!mostly && (
          <>
            <NumberField
              label={`${label}: percent`}
              whole
              min={1}
              max={100}
              value={value.at_least}
              onChange={(it) => onChange({ ...value, at_least: it as number | null })}
            />
            <span className="rb-word">% of the time</span>
          </>
        )}
        <Select
          label={`${label}: in what`}
          value={about}
          options={[
            ["property", "with the property"],
            ["hours", "at a time of day"],
            ["weekday", "on a day of the week"],
          ]}
          onChange={(next) => onChange({ ...without(value, "property", "value", "hours", "weekday"), ...FRESH[next] })}
        />
        {about === "property" && (
          <ConditionEditor
            kind="event_property"
            event={value.event}
            label={label}
            equal
            value={{ property: value.property ?? "", op: "=", value: value.value }}
            onChange={(next: Condition) => onChange({ ...value, property: next.property, value: next.value })}
          />
        )}
        {value.hours && (
          <HoursFields label={label} value={value.hours} onChange={(hours) => onChange({ ...value, hours })} />
        )}
        {value.weekday && (
          <Select
            label={`${label}: day of the week`}
            value={value.weekday}
            options={WEEKDAYS.map((day) => [day, DAYS[day]] as const)}
            onChange={(weekday) => onChange({ ...value, weekday })}
          />
        )}
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
      <div className="rb-more">
        <button
          type="button"
          className="rb-plus"
          onClick={() =>
            onChange({ ...value, where: [...(value.where ?? []), { property: "", op: "=", value: null }] })
          }
        >
          <Icon name="add" />
          property filter
        </button>
      </div>
    </>
  );
}
