/** Small fields: a choice, a number, a date, a clock time, several values. `null` is: not filled in. */

import { useEffect, useState } from "react";
import { Icon, IconButton } from "./Icon";

interface Field<T> {
  label: string;
  value: T;
  onChange: (value: T) => void;
}

interface SelectProps<T extends string> extends Field<T> {
  options: readonly (readonly [T, string])[];
  className?: string;
}

/** One of a few. A value that is not among the options stays, and is shown as it is. */
export function Select<T extends string>({ label, value, onChange, options, className = "" }: SelectProps<T>) {
  const known = options.some(([key]) => key === value);
  return (
    <select
      className={`rb-select ${className}`}
      aria-label={label}
      value={value}
      onChange={(change) => onChange(change.target.value as T)}
    >
      {!known && <option value={value}>{value}</option>}
      {options.map(([key, text]) => (
        <option key={key} value={key}>
          {text}
        </option>
      ))}
    </select>
  );
}

interface NumberProps extends Field<unknown> {
  min?: number;
  max?: number;
  whole?: boolean;
  wide?: boolean;
}

/** A number. What is typed stays as typed (1. on the way to 1.5) while it means the value. */
export function NumberField({ label, value, onChange, min, max, whole = false, wide = false }: NumberProps) {
  const shown = typeof value === "number" ? String(value) : "";
  const [typed, setTyped] = useState(shown);
  useEffect(() => {
    setTyped((before) => (read(before) === value ? before : shown));
  }, [value, shown]);
  return (
    <input
      className={`rb-input rb-number ${wide ? "wide" : ""}`}
      type="number"
      inputMode={whole ? "numeric" : "decimal"}
      aria-label={label}
      min={min}
      max={max}
      step={whole ? 1 : "any"}
      value={typed}
      onChange={(change) => {
        setTyped(change.target.value);
        onChange(read(change.target.value));
      }}
    />
  );
}

function read(text: string): number | null {
  return text.trim() === "" || Number.isNaN(Number(text)) ? null : Number(text);
}

const DAY = /^\d{4}-\d\d-\d\d$/;
const LOCAL = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/;

/** A day, or with “+ time” a local time. A date with an offset is edited as text. */
export function DateField({ label, value, onChange }: Field<string | null>) {
  const day = value === null || value === "" || DAY.test(value);
  const [timed, setTimed] = useState(!day);
  const withTime = timed || !day;
  if (value !== null && !day && !LOCAL.test(value)) {
    return <TextField label={label} value={value} onChange={onChange} />;
  }
  return (
    <span className="rb-date">
      <input
        className="rb-input"
        type={withTime ? "datetime-local" : "date"}
        aria-label={label}
        value={withTime && value && day ? `${value}T00:00` : (value ?? "")}
        min={withTime ? "1900-01-01T00:00" : "1900-01-01"}
        max={withTime ? "2999-12-31T23:59" : "2999-12-31"}
        onChange={(change) => onChange(change.target.value || null)}
      />
      <IconButton
        icon={withTime ? "calendar_today" : "schedule"}
        label={withTime ? `${label}: the whole day` : `${label}: with a time of day`}
        onClick={() => {
          setTimed(!withTime);
          if (value) onChange(withTime ? value.slice(0, 10) : `${value}T00:00`);
        }}
      />
    </span>
  );
}

/** Text. Emptied, it is not filled in: for no value there is “is unknown”. */
export function TextField({ label, value, onChange, list }: Field<string | null> & { list?: string }) {
  return (
    <input
      className="rb-input"
      aria-label={label}
      placeholder={value === "" ? "empty text" : "value"}
      maxLength={512}
      list={list}
      value={value ?? ""}
      size={Math.min(Math.max((value ?? "").length, 10), 32)}
      onChange={(change) => onChange(change.target.value || null)}
    />
  );
}

/** A time of day, HH:MM. */
export function ClockField({ label, value, onChange }: Field<string | null>) {
  return (
    <input
      className="rb-input"
      type="time"
      aria-label={label}
      value={value ?? ""}
      onChange={(change) => onChange(change.target.value.slice(0, 5) || null)}
    />
  );
}

/** Several values: Enter or a comma adds one, Backspace in the empty field takes the last one away. */
export function ManyField({ label, value, onChange, numbers }: Field<unknown[]> & { numbers: boolean }) {
  const [typed, setTyped] = useState("");
  const add = (text: string) => {
    const fresh = text
      .split(/[,\n]/)
      .map((part) => part.trim())
      .filter(Boolean)
      .map((part) => (numbers && !Number.isNaN(Number(part)) ? Number(part) : part))
      .filter((part, at, all) => !value.includes(part) && all.indexOf(part) === at);
    if (fresh.length) onChange([...value, ...fresh]);
    setTyped("");
  };
  return (
    <fieldset className="rb-many" aria-label={label}>
      {value.map((item) => (
        <span key={`${typeof item} ${item}`} className="rb-token">
          {String(item)}
          <button
            type="button"
            aria-label={`Remove ${item}`}
            onClick={() => onChange(value.filter((other) => other !== item))}
          >
            <Icon name="close" />
          </button>
        </span>
      ))}
      <input
        aria-label={`${label}: add a value`}
        placeholder={value.length ? "add" : "values, with commas"}
        inputMode={numbers ? "decimal" : "text"}
        value={typed}
        onChange={(change) => {
          if (/[,\n]/.test(change.target.value)) add(change.target.value);
          else setTyped(change.target.value);
        }}
        onKeyDown={(press) => {
          if (press.key === "Enter") {
            press.preventDefault();
            add(typed);
          } else if (press.key === "Backspace" && typed === "" && value.length) onChange(value.slice(0, -1));
        }}
        onBlur={() => add(typed)}
      />
    </fieldset>
  );
}
