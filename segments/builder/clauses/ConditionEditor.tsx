/** A condition on a property, of an event or of a profile: [property] [operator] [value], as its type has them. */

import { useEffect, useState } from "react";
import { type Name, type NameKind, names, type PropertyType } from "../calls";
import { DateField, ManyField, NumberField, Select, TextField } from "../fields/basic";
import { Combobox } from "../fields/Combobox";
import { type Condition, type Op, type Value, without } from "../rule";

const TYPES = [
  ["string", "text"],
  ["number", "number"],
  ["boolean", "yes or no"],
  ["date", "date"],
  ["list", "list"],
] as const;

const KNOWN = [
  ["exists", "is known"],
  ["not_exists", "is unknown"],
] as const;
const AMONG = [
  ["in", "is one of"],
  ["not_in", "is none of"],
] as const;
const OPS: Record<PropertyType, readonly (readonly [Op, string])[]> = {
  string: [
    ["=", "is"],
    ["!=", "is not"],
    ["contains", "contains"],
    ["not_contains", "does not contain"],
    ...AMONG,
    ["matches", "matches the pattern"],
    ...KNOWN,
  ],
  number: [
    ["=", "is"],
    ["!=", "is not"],
    [">", "is over"],
    [">=", "is at least"],
    ["<", "is under"],
    ["<=", "is at most"],
    ["between", "is from … to"],
    ...AMONG,
    ...KNOWN,
  ],
  boolean: [["=", "is"], ["!=", "is not"], ...KNOWN],
  date: [
    ["=", "is on"],
    ["!=", "is not on"],
    [">", "is after"],
    [">=", "is on or after"],
    ["<", "is before"],
    ["<=", "is on or before"],
    ["between", "is from … to"],
    ...KNOWN,
  ],
  list: [["contains", "has"], ["not_contains", "does not have"], ...KNOWN],
};

interface Props {
  kind: NameKind & ("event_property" | "profile_property");
  event?: string;
  value: Condition;
  onChange: (value: Condition) => void;
  /** Whose property it is, for screen readers: “Filter 1 of Charged”. */
  label: string;
  /** Whether “is” is the only operator, as in interests. */
  equal?: boolean;
}

export function ConditionEditor({ kind, event, value, onChange, label, equal = false }: Props) {
  const known = useName(kind, value.property, event);
  const [chosen, setChosen] = useState<PropertyType | null>(null);
  const type = chosen ?? typeOf(value.value, value.op, known?.type) ?? (known?.type || "string");

  const start = (next: PropertyType) => (equal ? { ...fresh(next), op: "=" as const } : fresh(next));
  const pick = (name: string, found?: Name) => {
    const next = found?.type || type;
    setChosen(null);
    onChange(next === type ? { ...value, property: name } : { property: name, ...start(next) });
  };
  const retype = (next: PropertyType) => {
    setChosen(next);
    onChange({ property: value.property, ...start(next) });
  };
  return (
    <>
      <Combobox
        kind={kind}
        event={event}
        label={`${label}: property`}
        placeholder="property"
        value={value.property}
        onChange={pick}
      />
      {equal ? (
        <span className="rb-word">equal to</span>
      ) : (
        <Select
          label={`${label}: operator`}
          value={value.op}
          options={OPS[type]}
          onChange={(op) => onChange(withOp(value, op))}
        />
      )}
      <ValueEditor
        label={`${label}: value`}
        type={type}
        fromToday={kind === "profile_property"}
        condition={value}
        known={known}
        onChange={(next) => onChange({ ...value, value: next })}
      />
      {value.property !== "" && known?.type !== type && value.op !== "exists" && value.op !== "not_exists" && (
        <Select className="quiet" label={`${label}: type`} value={type} options={TYPES} onChange={retype} />
      )}
    </>
  );
}

interface ValueProps {
  label: string;
  type: PropertyType;
  fromToday: boolean;
  condition: Condition;
  known?: Name;
  onChange: (value: Value) => void;
}

function ValueEditor({ label, type, fromToday, condition: { op, value, property }, known, onChange }: ValueProps) {
  if (op === "exists" || op === "not_exists") return null;
  if (op === "in" || op === "not_in") {
    const items = Array.isArray(value) ? value : [];
    return <ManyField label={label} numbers={type === "number"} value={items} onChange={onChange} />;
  }
  if (op === "between") {
    const [low, high] = Array.isArray(value) ? value : [null, null];
    return (
      <>
        <One
          label={`${label}, from`}
          {...{ type, fromToday, property, known }}
          value={low}
          onChange={(it) => onChange([it, high])}
        />
        <span className="rb-word">to</span>
        <One
          label={`${label}, to`}
          {...{ type, fromToday, property, known }}
          value={high}
          onChange={(it) => onChange([low, it])}
        />
      </>
    );
  }
  return <One {...{ label, type, fromToday, property, known, value, onChange }} />;
}

type OneProps = Pick<ValueProps, "label" | "type" | "fromToday" | "known" | "onChange"> & {
  property: string;
  value: Value;
};

function One({ label, type: asked, fromToday, known, value, onChange }: OneProps) {
  const type = fieldFor(value, asked, known);
  if (type === "number") return <NumberField label={label} wide value={value} onChange={onChange} />;
  if (type === "boolean") {
    return (
      <Select
        label={label}
        value={String(value)}
        options={[
          ["true", "yes (true)"],
          ["false", "no (false)"],
        ]}
        onChange={(it) => onChange(it === "true")}
      />
    );
  }
  if (type === "date") return <DateOrToday {...{ label, fromToday, value, onChange }} />;
  const proposals = (known?.values ?? []).filter((it): it is string => typeof it === "string");
  return <Proposing {...{ label, value, proposals, onChange }} />;
}

/** The field for a value: that of its own type, so that nothing in a rule is hidden; for none yet, of the property's. */
function fieldFor(value: Value, type: PropertyType, known?: Name): PropertyType {
  if (typeof value === "number") return "number";
  if (typeof value === "boolean") return "boolean";
  if (value === null && type === "list" && known?.values.length) {
    return known.values.every((it) => typeof it === "number") ? "number" : "string";
  }
  return type;
}

function Proposing({
  label,
  value,
  proposals,
  onChange,
}: Pick<OneProps, "label" | "value" | "onChange"> & { proposals: string[] }) {
  const id = `values-${label.replace(/\W+/g, "-")}`;
  return (
    <>
      <TextField
        label={label}
        value={typeof value === "string" ? value : null}
        list={proposals.length ? id : undefined}
        onChange={onChange}
      />
      {proposals.length > 0 && (
        <datalist id={id}>
          {proposals.map((it) => (
            <option key={it} value={it} />
          ))}
        </datalist>
      )}
    </>
  );
}

/** A date, or of a profile: so many days before or after today. */
function DateOrToday({
  label,
  fromToday,
  value,
  onChange,
}: Pick<OneProps, "label" | "fromToday" | "value" | "onChange">) {
  const relative = typeof value === "object" && value !== null && "today" in value;
  const days = relative ? (value as { today: number | null }).today : 0;
  const when = !relative ? "date" : days === 0 ? "today" : days !== null && days < 0 ? "ago" : "ahead";
  const text = typeof value === "string" ? value : null;
  return (
    <>
      {fromToday && (
        <Select
          label={`${label}: kind of date`}
          value={when}
          options={[
            ["date", "the date"],
            ["today", "today"],
            ["ago", "days ago"],
            ["ahead", "days from now"],
          ]}
          onChange={(next) =>
            onChange(
              next === "date" ? null : { today: { today: 0, ago: -7, ahead: 7 }[next as "today" | "ago" | "ahead"] },
            )
          }
        />
      )}
      {when === "date" && <DateField label={label} value={text} onChange={onChange} />}
      {(when === "ago" || when === "ahead") && (
        <NumberField
          label={`${label}: days`}
          whole
          min={1}
          max={36500}
          value={days === null ? null : Math.abs(days)}
          onChange={(it) => onChange({ today: typeof it === "number" ? (when === "ago" ? -it : it) : null })}
        />
      )}
    </>
  );
}

/** The property as it was received, once known. */
function useName(kind: NameKind, property: string, event?: string): Name | undefined {
  const [known, setKnown] = useState<Name>();
  useEffect(() => {
    let current = true;
    setKnown(undefined);
    if (property) {
      names(kind, property, event).then(
        (found) => current && setKnown(found.find((it) => it.name === property)),
        () => undefined, // then the value's type decides
      );
    }
    return () => {
      current = false;
    };
  }, [kind, property, event]);
  return known;
}

const DATE = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d.*)?$/;

/** The type of property that a condition is for, if its value tells. known: the type that was received. */
function typeOf(value: Value, op: Op, known?: Name["type"]): PropertyType | null {
  if (Array.isArray(value)) return typeOf(value.find((it) => it !== null) ?? null, op, known);
  const inside = op === "contains" || op === "not_contains" || op === "matches";
  if (inside) return known === "list" ? "list" : "string";
  if (typeof value === "number") return "number";
  if (typeof value === "boolean") return "boolean";
  if (typeof value === "object") return value === null ? null : "date";
  if (typeof value !== "string") return null;
  return DATE.test(value) ? "date" : "string";
}

/** What a condition on a property of a type starts with. */
function fresh(type: PropertyType): Pick<Condition, "op" | "value"> {
  if (type === "boolean") return { op: "=", value: true };
  return { op: type === "list" ? "contains" : type === "number" ? ">=" : "=", value: null };
}

/** The condition with another operator, and its value as far as it fits. */
export function withOp(condition: Condition, op: Op): Condition {
  const { value } = condition;
  if (op === "exists" || op === "not_exists") return { ...without(condition, "value"), op };
  const many = op === "in" || op === "not_in";
  const first = Array.isArray(value) ? (value[0] ?? null) : (value ?? null);
  if (op === "between")
    return { ...condition, op, value: Array.isArray(value) && value.length === 2 ? value : [first, null] };
  if (many) return { ...condition, op, value: Array.isArray(value) ? value : first === null ? [] : [first] };
  return { ...condition, op, value: first };
}
