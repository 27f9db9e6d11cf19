/** What a form shows for a value: names with type-ahead, durations, clock times, texts with Liquid, e-mail HTML. */

import type { WidgetProps } from "@rjsf/utils";
import { useState } from "react";
import type { NameKind } from "../../../segments/builder/calls";
import { Combobox } from "../../../segments/builder/fields/Combobox";
import { duration, type Span, span } from "../model/words";
import { Dialog } from "../view/Dialog";
import { HtmlWidget, LiquidWidget } from "./liquid";
import { TemplateWidget } from "./saved";
import { words } from "./schema";

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

export function DurationWidget({ value, onChange, label, schema, disabled, readonly }: WidgetProps) {
  return (
    <DurationField
      value={value ?? schema.default}
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

/** A date and time on the account's clock. */
export function MomentWidget({ value, onChange, label, disabled, readonly }: WidgetProps) {
  return (
    <input
      className="rb-input"
      type="datetime-local"
      aria-label={label}
      disabled={disabled || readonly}
      value={String(value ?? "").slice(0, 16)}
      onChange={(typed) => onChange(typed.target.value || undefined)}
    />
  );
}

/** One of a few. What is not said in the document counts as the default, so that is what shows. */
export function ChoiceWidget({ value, onChange, label, options, schema, disabled, readonly }: WidgetProps) {
  const offered = options.enumOptions ?? [];
  const shown = value ?? schema.default;
  const at = offered.findIndex((option) => option.value === shown);
  return (
    <select
      className="rb-select"
      aria-label={label.trim() || "Kind"}
      disabled={disabled || readonly}
      value={at}
      onChange={(chosen) => onChange(offered[Number(chosen.target.value)]?.value)}
    >
      {at < 0 && <option value={-1}>Choose</option>}
      {offered.map((option, place) => (
        <option key={String(option.value)} value={place}>
          {schema.enum ? words(String(option.label)) : option.label}
        </option>
      ))}
    </select>
  );
}

/** Yes or no, with the default where the document says nothing. What the schema has a `confirm` for is asked first. */
export function SwitchWidget({ value, onChange, label, schema, disabled, readonly }: WidgetProps) {
  const [asking, setAsking] = useState(false);
  const warning = (schema as { confirm?: string }).confirm;
  return (
    <>
      <label className="cv-check">
        <input
          type="checkbox"
          checked={Boolean(value ?? schema.default)}
          disabled={disabled || readonly}
          onChange={(changed) =>
            changed.target.checked && warning ? setAsking(true) : onChange(changed.target.checked)
          }
        />
        <span>
          {label}
          {schema.description && <small className="subtle">{schema.description}</small>}
        </span>
      </label>
      {asking && (
        <Dialog
          title={`${label}: are you sure?`}
          onClose={() => setAsking(false)}
          actions={
            <>
              <button type="button" className="sj-button" onClick={() => setAsking(false)}>
                Leave it off
              </button>
              <button
                type="button"
                className="sj-button primary"
                onClick={() => {
                  setAsking(false);
                  onChange(true);
                }}
              >
                Switch it on
              </button>
            </>
          }
        >
          <p>{warning}</p>
        </Dialog>
      )}
    </>
  );
}

/** The provider; nothing chosen is the channel's default one. */
export function ProviderWidget({ value, onChange, label, disabled, readonly, registry }: WidgetProps) {
  return providers(registry.formContext?.providers ?? [], { value, onChange, label, disabled, readonly });
}

/** Likewise for the SMS that goes out instead of a message on another channel. */
export function SmsProviderWidget({ value, onChange, label, disabled, readonly, registry }: WidgetProps) {
  return providers(registry.formContext?.smsProviders ?? [], { value, onChange, label, disabled, readonly });
}

type Choice = Pick<WidgetProps, "value" | "onChange" | "label" | "disabled" | "readonly">;

function providers(names: string[], { value, onChange, label, disabled, readonly }: Choice) {
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

export const WIDGETS = {
  SelectWidget: ChoiceWidget,
  CheckboxWidget: SwitchWidget,
  moment: MomentWidget,
  event: EventWidget,
  property: PropertyWidget,
  list: ListWidget,
  segment: SegmentWidget,
  duration: DurationWidget,
  clock: ClockWidget,
  provider: ProviderWidget,
  template: TemplateWidget,
  smsProvider: SmsProviderWidget,
  liquid: LiquidWidget,
  html: HtmlWidget,
};
