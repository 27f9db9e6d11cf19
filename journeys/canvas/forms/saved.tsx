/** The choice of a saved template, and which parts of a content show beside it. */

import type { FieldProps, WidgetProps } from "@rjsf/utils";
import { Icon } from "../../../segments/builder/fields/Icon";
import { glimpse, placeholders, templateOf } from "../model/saved";
import type { Templates } from "../state/useTemplates";
import { LiquidText } from "./liquid";
import { here } from "./places";
import type { Schema } from "./schema";

const NOTHING: Templates = { state: "asking", all: [], renew: () => undefined };

/** One of the channel's templates, or none: the message is then the node's own. */
export function TemplateWidget({ value, onChange, label, disabled, readonly, registry }: WidgetProps) {
  const { state, all }: Templates = registry.formContext?.templates ?? NOTHING;
  const name = (value as string | null | undefined) ?? "";
  const chosen = templateOf({ template: name }, all);
  return (
    <div className="cv-template">
      <select
        className="rb-select"
        aria-label={label}
        disabled={disabled || readonly}
        value={name}
        onChange={(change) => onChange(change.target.value || undefined)}
      >
        <option value="">None: a message of its own</option>
        {name && !chosen && <option value={name}>{state === "told" ? `${name} (cannot be chosen)` : name}</option>}
        {all.map((it) => (
          <option key={it.name} value={it.name}>
            {it.name}
            {WAITING[it.approval] ?? ""}
          </option>
        ))}
      </select>
      {chosen && (
        <p className="cv-glimpse">
          <span>{glimpse(chosen.content) || "(no words)"}</span>
          <a className="link" href={chosen.url} target="_blank" rel="noreferrer">
            Open the template
            <Icon name="open_in_new" />
          </a>
        </p>
      )}
      {state === "failed" && <small className="bad">The templates could not be fetched. Reload the page to try.</small>}
      {state === "told" && all.length === 0 && (
        <small className="subtle">There is no saved template for this channel yet.</small>
      )}
    </div>
  );
}

const WAITING: Record<string, string> = { pending: " (waits for approval)", rejected: " (rejected)" };

/** A text for each placeholder of the template that is named beside the content. */
export function VariablesField({ formData, onChange, fieldPathId, registry, disabled, readonly }: FieldProps) {
  const path = (fieldPathId?.path ?? []) as (string | number)[];
  const { templates = NOTHING, value, findings = [], event } = registry.formContext ?? {};
  const beside = at(value, path.slice(0, -2)) as { template?: string } | undefined;
  const given = Array.isArray(formData) ? (formData as string[]) : [];
  const template = templateOf({ template: beside?.template ?? null }, templates.all);
  const numbers = placeholders(template?.content.text);
  const count = template ? Math.max(0, ...numbers) : given.length;
  if (!count) return <span className="subtle">The template has no placeholders.</span>;
  return (
    <div className="cv-fields">
      {Array.from({ length: count }, (_, place) => {
        const found = here(findings, [...path, place]);
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a variable is known by its place alone
          <div key={place} className="cv-field">
            <span className="cv-label">{`{{${place + 1}}}`}</span>
            <LiquidText
              value={given[place] ?? ""}
              label={`Variable ${place + 1}`}
              rows={1}
              event={event}
              disabled={disabled}
              readonly={readonly}
              onChange={(text) =>
                onChange(
                  Array.from({ length: count }, (__, it) => (it === place ? (text ?? "") : (given[it] ?? ""))),
                  path,
                )
              }
            />
            {found.map((finding) => (
              <small key={finding.message} className="bad">
                {finding.message}
              </small>
            ))}
          </div>
        );
      })}
    </div>
  );
}

/**
 * Whether a part of an object shows. A content beside a template's name shows only what the node fills in, and none of
 * that without a template; what only templates have shows while one is edited.
 */
export function showsPart(
  name: string,
  object: { schema: Schema; value: unknown },
  around: { path: (string | number)[]; whole: unknown; saving: boolean },
): boolean {
  const part = object.schema.properties?.[name];
  if (name === "content" && named(object.value)) return placesOf(part).includes("node");
  if (around.path.at(-1) !== "content") return true;
  const place = part?.place;
  if (around.saving) return place !== "node";
  return named(at(around.whole, around.path.slice(0, -1))) ? place === "node" : place === undefined;
}

const named = (value: unknown): boolean => Boolean((value as { template?: unknown } | null | undefined)?.template);

const placesOf = (schema: Schema | undefined): unknown[] =>
  Object.values(schema?.properties ?? {}).map((part) => part.place);

function at(whole: unknown, path: (string | number)[]): unknown {
  return path.reduce<unknown>((here, step) => (here as Record<string | number, unknown> | undefined)?.[step], whole);
}
