/** What a form shows for a value: names with type-ahead, durations, clock times, texts with Liquid, e-mail HTML. */

import type { WidgetProps } from "@rjsf/utils";
import { useId, useState } from "react";
import type { NameKind } from "../../../segments/builder/calls";
import { Combobox } from "../../../segments/builder/fields/Combobox";
import { duration, type Span, span } from "../model/words";

function NameWidget({ kind, free = false, ...props }: WidgetProps & { kind: NameKind; free?: boolean }) {
  const { value, onChange, label, disabled, readonly } = props;
  if (disabled || readonly) return <span className="strong">{value || "–"}</span>;
  return <Combobox kind={kind} label={label} free={free} value={value ?? ""} onChange={(name) => onChange(name)} />;
}

export const EventWidget = (props: WidgetProps) => <NameWidget {...props} kind="event" free />;
export const PropertyWidget = (props: WidgetProps) => <NameWidget {...props} kind="profile_property" free />;
export const ListWidget = (props: WidgetProps) => <NameWidget {...props} kind="list" />;
export const SegmentWidget = (props: WidgetProps) => <NameWidget {...props} kind="segment" />;

const UNITS = ["second", "minute", "hour", "day"] as const;

/** A number and a unit; kept as an ISO 8601 duration. */
export function DurationField({ value, onChange, label, disabled = false }: DurationProps) {
  const given = span(value);
  const [unit, setUnit] = useState<Span["unit"]>(given?.unit ?? "day");
  const shown = given ? given.unit : unit;
  return (
    <span className="cv-duration">
      <input
        className="rb-input rb-number"
        type="number"
        aria-label={label}
        disabled={disabled}
        value={given?.count ?? ""}
        onChange={(typed) => {
          const count = typed.target.valueAsNumber;
          onChange(Number.isNaN(count) ? null : duration({ count, unit: shown }));
        }}
      />
      <select
        className="rb-select"
        aria-label={`${label}: unit`}
        disabled={disabled}
        value={shown}
        onChange={(chosen) => {
          const next = chosen.target.value as Span["unit"];
          setUnit(next);
          if (given) onChange(duration({ count: given.count, unit: next }));
        }}
      >
        {UNITS.map((it) => (
          <option key={it} value={it}>
            {it}s
          </option>
        ))}
      </select>
    </span>
  );
}

interface DurationProps {
  value: string | null | undefined;
  onChange: (value: string | null) => void;
  label: string;
  disabled?: boolean;
}

export function DurationWidget({ value, onChange, label, disabled, readonly }: WidgetProps) {
  return (
    <DurationField
      value={value}
      label={label}
      disabled={disabled || readonly}
      onChange={(it) => onChange(it ?? undefined)}
    />
  );
}

export function ClockWidget({ value, onChange, label, disabled, readonly }: WidgetProps) {
  return (
    <input
      className="rb-input"
      type="time"
      aria-label={label}
      disabled={disabled || readonly}
      value={value ?? ""}
      onChange={(typed) => onChange(typed.target.value.slice(0, 5) || undefined)}
    />
  );
}

/** The provider; nothing chosen is the channel's default one. */
export function ProviderWidget({ value, onChange, label, disabled, readonly, registry }: WidgetProps) {
  const names: string[] = registry.formContext?.providers ?? [];
  return (
    <select
      className="rb-select"
      aria-label={label}
      disabled={disabled || readonly}
      value={value ?? ""}
      onChange={(chosen) => onChange(chosen.target.value || undefined)}
    >
      <option value="">The channel's default</option>
      {[...new Set([...names, ...(value ? [value as string] : [])])].map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  );
}

/** Text with Liquid: “@” opens what can be put in, with a default. */
export function LiquidWidget(props: WidgetProps) {
  const rows = Number(props.options.rows ?? 1);
  return <LiquidText {...props} rows={rows} />;
}

interface LiquidProps {
  value?: string;
  onChange: (value: string | undefined) => void;
  label: string;
  rows: number;
  disabled?: boolean;
  readonly?: boolean;
  code?: boolean;
  id?: string;
}

const PARTS: [string, string][] = [
  ["Name", '{{ Profile.name | default: "friend" }}'],
  ["First name", '{{ Profile.name | split: " " | first | default: "friend" }}'],
  ["A property", '{{ Profile.property | default: "" }}'],
  ["The event", '{{ Event.property | default: "" }}'],
  ["Only if", '{% if Profile.property == "value" %}…{% endif %}'],
  ["Do not send", "{% abort %}"],
];

export function LiquidText({ value = "", onChange, label, rows, disabled, readonly, code = false }: LiquidProps) {
  const id = useId();
  const [open, setOpen] = useState<number | null>(null); // where the “@” was typed
  const insert = (text: string) => {
    const at = open ?? value.length;
    const before = value.slice(0, at).replace(/@$/, "");
    onChange(before + text + value.slice(at));
    setOpen(null);
    document.getElementById(id)?.focus();
  };
  const shared = {
    id,
    className: `rb-input cv-liquid ${code ? "code" : ""}`,
    "aria-label": label,
    disabled,
    readOnly: readonly,
    value,
    spellCheck: !code,
    onChange: (typed: React.ChangeEvent<HTMLInputElement | HTMLTextAreaElement>) => {
      const { value: text, selectionStart } = typed.target;
      const at = selectionStart ?? text.length;
      setOpen(text.length > value.length && text[at - 1] === "@" && !/\S/.test(text[at - 2] ?? " ") ? at : null);
      onChange(text || undefined);
    },
  };
  return (
    <div className="cv-withparts">
      {rows > 1 ? <textarea rows={rows} {...shared} /> : <input type="text" {...shared} />}
      {open !== null && (
        <div className="rb-list" role="menu" aria-label="What to put in">
          {PARTS.map(([name, text]) => (
            <button key={name} type="button" role="menuitem" className="rb-option" onClick={() => insert(text)}>
              <span className="name">
                {name}
                <small>{text}</small>
              </span>
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

/** E-mail HTML with a preview as on a desk and as in a hand. The frame runs no scripts. */
export function HtmlWidget({ value, onChange, label, disabled, readonly }: WidgetProps) {
  const [shown, setShown] = useState<"source" | "desktop" | "mobile">("source");
  return (
    <div className="cv-html">
      <div className="cv-tabs" role="tablist" aria-label={`${label}: what is shown`}>
        {(["source", "desktop", "mobile"] as const).map((name) => (
          <button key={name} type="button" role="tab" aria-selected={shown === name} onClick={() => setShown(name)}>
            {name[0]?.toUpperCase() + name.slice(1)}
          </button>
        ))}
      </div>
      {shown === "source" ? (
        <LiquidText
          value={value}
          onChange={onChange}
          label={label}
          rows={14}
          disabled={disabled}
          readonly={readonly}
          code
        />
      ) : (
        <iframe className={shown} sandbox="" srcDoc={value ?? ""} title={`Preview, ${shown}`} />
      )}
    </div>
  );
}

export const WIDGETS = {
  event: EventWidget,
  property: PropertyWidget,
  list: ListWidget,
  segment: SegmentWidget,
  duration: DurationWidget,
  clock: ClockWidget,
  provider: ProviderWidget,
  liquid: LiquidWidget,
  html: HtmlWidget,
};
