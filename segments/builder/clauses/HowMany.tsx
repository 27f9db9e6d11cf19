/** How often something happened, and numbers compared. */

import { NumberField, Select } from "../fields/basic";
import { type EventPart, type NumberOp, without } from "../rule";

export const NUMBER_OPS: readonly (readonly [NumberOp, string])[] = [
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

/** The number that is compared with; two with between. */
export function Amount({ label, op, value, whole = false, onChange }: AmountProps) {
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
