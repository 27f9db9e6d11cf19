/** What a form shows for a structured value: a rule, conditions on an event, days of the week, a part that may be absent. */

import type { FieldProps, RegistryFieldsType } from "@rjsf/utils";
import { lazy, Suspense } from "react";
import { ConditionEditor } from "../../../segments/builder/clauses/ConditionEditor";
import { Icon, IconButton } from "../../../segments/builder/fields/Icon";
import type { Condition, Rule } from "../../../segments/builder/rule";
import { WEEK } from "../model/words";
import { JourneyField, NodeField, ViaField } from "./elsewhere";
import { VariablesField } from "./saved";
import { AnyField, JsonField, ManyValuesField, PairsField } from "./values";

const RuleEditor = lazy(async () => ({ default: (await import("../../../segments/builder/RuleEditor")).RuleEditor }));

/** A rule: the segment builder. */
function RuleField({ formData, onChange, fieldPathId, schema, disabled, readonly }: FieldProps) {
  const path = fieldPathId?.path ?? [];
  if (disabled || readonly) return <pre className="json">{JSON.stringify(formData ?? null, null, 2)}</pre>;
  return (
    <div className="cv-rule">
      <Suspense fallback={<p className="subtle">Loading the rule builder …</p>}>
        <RuleEditor
          title={schema.title?.trim() || "Rule"}
          rule={formData && Object.keys(formData).length ? (formData as Rule) : null}
          onChange={(rule) => onChange(rule ?? undefined, path)}
        />
      </Suspense>
    </div>
  );
}

/** Conditions on an event's properties, joined by AND. The event stands beside them in the same part of the form. */
function ConditionsField({ formData, onChange, fieldPathId, registry, schema, disabled, readonly }: FieldProps) {
  const path = fieldPathId?.path ?? [];
  const given = (formData as Condition[] | undefined) ?? [];
  const set = (next: Condition[]) => onChange(next.length ? next : undefined, path);
  const event = eventBeside(registry.formContext?.value, path);
  const locked = disabled || readonly;
  return (
    <div className="cv-conditions">
      <span className="cv-label">{schema.title === "Where" ? "with" : schema.title}</span>
      {given.map((condition, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a condition is known by its place alone
        <div key={at} className="cv-condition">
          <ConditionEditor
            kind="event_property"
            event={event}
            label={`Condition ${at + 1}`}
            value={condition}
            onChange={(next) => set(given.map((it, place) => (place === at ? next : it)))}
          />
          {!locked && (
            <IconButton
              icon="close"
              label={`Remove condition ${at + 1}`}
              onClick={() => set(given.filter((_, place) => place !== at))}
            />
          )}
        </div>
      ))}
      {!locked && (
        <button
          type="button"
          className="rb-add"
          onClick={() => set([...given, { property: "", op: "=", value: "" } as Condition])}
        >
          <Icon name="add" />
          Condition
        </button>
      )}
    </div>
  );
}

/** The event's name in the part of the form that holds the conditions at `path`. */
function eventBeside(whole: unknown, path: (string | number)[]): string | undefined {
  let here = whole;
  for (const step of path.slice(0, -1)) here = (here as Record<string | number, unknown> | undefined)?.[step];
  const event = (here as { event?: unknown } | undefined)?.event;
  return typeof event === "string" && event ? event : undefined;
}

const SHORT: Record<string, string> = { mon: "Mo", tue: "Tu", wed: "We", thu: "Th", fri: "Fr", sat: "Sa", sun: "Su" };

/** Days of the week, as switches. */
export function Days({ value, onChange, label, disabled = false }: DaysProps) {
  return (
    <fieldset className="cv-days" aria-label={label} disabled={disabled}>
      {WEEK.map((day) => (
        <label key={day} className={value.includes(day) ? "on" : ""}>
          <input
            type="checkbox"
            checked={value.includes(day)}
            onChange={(changed) =>
              onChange(WEEK.filter((it) => (it === day ? changed.target.checked : value.includes(it))))
            }
          />
          {SHORT[day]}
        </label>
      ))}
    </fieldset>
  );
}

interface DaysProps {
  value: string[];
  onChange: (days: string[]) => void;
  label: string;
  disabled?: boolean;
}

function DaysField({ formData, onChange, fieldPathId, schema, disabled, readonly }: FieldProps) {
  const given = (formData as string[] | undefined) ?? (schema.default as string[] | undefined) ?? [];
  return (
    <Days
      value={given}
      label={schema.title ?? "Days"}
      disabled={disabled || readonly}
      onChange={(days) => onChange(days, fieldPathId?.path ?? [])}
    />
  );
}

/** A part that may be absent: a button adds it, another one takes it away. */
function OptionalField(props: FieldProps) {
  const { formData, onChange, fieldPathId, schema, uiSchema, registry, disabled, readonly } = props;
  const path = fieldPathId?.path ?? [];
  const name = (schema.title ?? "").trim() || "This part";
  const locked = disabled || readonly;
  if (formData === undefined || formData === null) {
    if (locked) return null;
    return (
      <button type="button" className="rb-add" onClick={() => onChange({}, path)}>
        <Icon name="add" />
        {name}
      </button>
    );
  }
  const inner = uiSchema?.["ui:inner"];
  const fields = registry.fields as RegistryFieldsType;
  const Inner = fields[typeof inner === "string" ? inner : "ObjectField"];
  if (!Inner) return null;
  const { "ui:field": _, "ui:inner": __, ...rest } = uiSchema ?? {};
  return (
    <div className="cv-optional">
      {!locked && <IconButton icon="close" label={`Remove: ${name}`} onClick={() => onChange(undefined, path)} />}
      <Inner {...props} uiSchema={rest} />
    </div>
  );
}

export const FIELDS = {
  rule: RuleField,
  conditions: ConditionsField,
  days: DaysField,
  optional: OptionalField,
  many: ManyValuesField,
  pairs: PairsField,
  json: JsonField,
  any: AnyField,
  variables: VariablesField,
  "journey of journey": JourneyField,
  "node of journey": NodeField,
  "via of journey": ViaField,
};
