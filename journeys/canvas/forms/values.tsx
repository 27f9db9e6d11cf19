/** Fields for values whose type the schema leaves open: several values, names with values, text or JSON, anything. */

import type { FieldProps } from "@rjsf/utils";
import { useState } from "react";
import { ManyField } from "../../../segments/builder/fields/basic";
import { Icon, IconButton } from "../../../segments/builder/fields/Icon";

const placeOf = (props: FieldProps) => props.fieldPathId?.path ?? [];
const isLocked = (props: FieldProps) => Boolean(props.disabled || props.readonly);
const nameOf = (props: FieldProps) => (props.schema.title ?? "").trim() || "Value";

/** Several texts or numbers. */
export function ManyValuesField(props: FieldProps) {
  const value = (props.formData as unknown[] | undefined) ?? [];
  if (isLocked(props)) return <span className="strong">{value.map(String).join(", ") || "–"}</span>;
  return (
    <ManyField
      label={nameOf(props)}
      numbers={Boolean((props.uiSchema?.["ui:options"] as { numbers?: boolean } | undefined)?.numbers)}
      value={value}
      onChange={(next) => props.onChange(next, placeOf(props))}
    />
  );
}

/** Names and their texts, such as the headers of a call. */
export function PairsField(props: FieldProps) {
  const given = Object.entries((props.formData as Record<string, string> | undefined) ?? {});
  const [fresh, setFresh] = useState("");
  const write = (next: [string, string][]) => props.onChange(Object.fromEntries(next), placeOf(props));
  const locked = isLocked(props);
  const add = () => {
    const name = fresh.trim();
    if (name && !given.some(([known]) => known === name)) write([...given, [name, ""]]);
    setFresh("");
  };
  return (
    <div className="cv-pairs">
      {given.map(([name, text]) => (
        <div key={name} className="cv-pair">
          <b>{name}</b>
          <input
            className="rb-input"
            aria-label={`${nameOf(props)}: ${name}`}
            disabled={locked}
            value={text}
            onChange={(typed) => write(given.map((it) => (it[0] === name ? [name, typed.target.value] : it)))}
          />
          {!locked && (
            <IconButton
              icon="close"
              label={`Remove ${name}`}
              onClick={() => write(given.filter(([known]) => known !== name))}
            />
          )}
        </div>
      ))}
      {!locked && (
        <div className="cv-pair">
          <input
            className="rb-input"
            aria-label={`${nameOf(props)}: name of another one`}
            placeholder="name"
            value={fresh}
            onChange={(typed) => setFresh(typed.target.value)}
            onKeyDown={(press) => {
              if (press.key !== "Enter") return;
              press.preventDefault();
              add();
            }}
          />
          <button type="button" className="rb-add" onClick={add}>
            <Icon name="add" />
            Add
          </button>
        </div>
      )}
    </div>
  );
}

/** A text, or JSON: what begins like JSON and can be read as such is kept as that. */
export function JsonField(props: FieldProps) {
  const given = props.formData;
  const written = typeof given === "string" ? given : given === undefined ? "" : JSON.stringify(given, null, 2);
  const [typed, setTyped] = useState<string | null>(null); // null: as it is kept
  return (
    <>
      <textarea
        className="rb-input cv-liquid code"
        rows={6}
        aria-label={nameOf(props)}
        disabled={isLocked(props)}
        spellCheck={false}
        value={typed ?? written}
        onChange={(change) => {
          const text = change.target.value;
          setTyped(text);
          props.onChange(readJson(text), placeOf(props));
        }}
        onBlur={() => setTyped(null)}
      />
      <small className="subtle">{typeof given === "object" ? "Sent as JSON." : "Sent as text."}</small>
    </>
  );
}

function readJson(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const TYPES = { text: "Text", number: "Number", boolean: "Yes or no" } as const;
type Type = keyof typeof TYPES;

/** A text, a number, yes or no. */
export function AnyField(props: FieldProps) {
  const given = props.formData as unknown;
  const type: Type = typeof given === "number" ? "number" : typeof given === "boolean" ? "boolean" : "text";
  const label = nameOf(props);
  const set = (value: unknown) => props.onChange(value, placeOf(props));
  const disabled = isLocked(props);
  const begin: Record<Type, unknown> = { text: String(given ?? ""), number: Number(given) || 0, boolean: true };
  return (
    <div className="cv-row">
      {type === "boolean" ? (
        <select
          className="rb-select"
          aria-label={label}
          disabled={disabled}
          value={String(given)}
          onChange={(chosen) => set(chosen.target.value === "true")}
        >
          <option value="true">Yes</option>
          <option value="false">No</option>
        </select>
      ) : (
        <input
          className="rb-input"
          aria-label={label}
          type={type === "number" ? "number" : "text"}
          step="any"
          disabled={disabled}
          value={typeof given === "object" && given !== null ? JSON.stringify(given) : String(given ?? "")}
          onChange={(typed) => {
            const text = typed.target.value;
            if (text === "") set(undefined);
            else set(type === "number" ? Number(text) : text);
          }}
        />
      )}
      <select
        className="rb-select"
        aria-label={`${label}: type`}
        disabled={disabled}
        value={type}
        onChange={(chosen) => set(begin[chosen.target.value as Type])}
      >
        {Object.entries(TYPES).map(([key, name]) => (
          <option key={key} value={key}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}
