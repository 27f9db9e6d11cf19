/** How a form is laid out: labels above fields, findings below them, lists as cards. */

import type {
  ArrayFieldItemTemplateProps,
  ArrayFieldTemplateProps,
  BaseInputTemplateProps,
  FieldTemplateProps,
  ObjectFieldTemplateProps,
} from "@rjsf/utils";
import { Icon, IconButton } from "../../../segments/builder/fields/Icon";
import { here } from "./places";
import { showsPart } from "./saved";
import { type Schema, words } from "./schema";

/** Fields of ours that leave their label to us, as widgets do. */
const LABELLED = new Set([
  "any",
  "json",
  "many",
  "pairs",
  "variables",
  "journey of journey",
  "node of journey",
  "via of journey",
]);

function FieldTemplate(props: FieldTemplateProps) {
  const { children, label, hidden, schema, uiSchema, fieldPathId, registry, rawDescription } = props;
  if (hidden) return <div hidden>{children}</div>;
  const field = uiSchema?.["ui:field"];
  const ours = typeof field === "string" && LABELLED.has(field);
  const bare = !ours && (field !== undefined || ["object", "array", "boolean"].includes(String(schema.type)));
  const path = (fieldPathId?.path ?? []) as (string | number)[];
  const found = here(registry.formContext?.findings ?? [], path);
  return (
    <div className={`cv-field ${found.some((it) => it.level === "error") ? "wrong" : ""}`}>
      {!bare && label.trim() && <span className="cv-label">{label}</span>}
      {children}
      {!bare && rawDescription && <small className="subtle">{rawDescription}</small>}
      {found.map((finding) => (
        <small key={finding.message} className={finding.level === "error" ? "bad" : "warn"}>
          {finding.message}
        </small>
      ))}
    </div>
  );
}

function ObjectFieldTemplate(props: ObjectFieldTemplateProps) {
  const { title, properties, fieldPathId, schema, formData, registry } = props;
  const path = (fieldPathId?.path ?? []) as (string | number)[];
  const top = path.length === 0;
  const around = { path, whole: registry.formContext?.value, saving: Boolean(registry.formContext?.saving) };
  const children = properties
    .filter((property) => showsPart(property.name, { schema: schema as Schema, value: formData }, around))
    .map((property) => property.content);
  if (top || !title.trim()) return <div className="cv-fields">{children}</div>;
  return (
    <fieldset className="cv-group">
      <legend>{title}</legend>
      <div className="cv-fields">{children}</div>
    </fieldset>
  );
}

function ArrayFieldTemplate({
  title,
  items,
  canAdd,
  onAddClick,
  uiSchema,
  disabled,
  readonly,
}: ArrayFieldTemplateProps) {
  const noun = String((uiSchema?.["ui:options"] as { noun?: string } | undefined)?.noun ?? "item");
  return (
    <fieldset className="cv-group">
      <legend>{title}</legend>
      {items}
      {canAdd && !disabled && !readonly && (
        <button type="button" className="rb-add" onClick={onAddClick}>
          <Icon name="add" />
          {words(noun)}
        </button>
      )}
    </fieldset>
  );
}

function ArrayFieldItemTemplate({ children, buttonsProps, index, disabled, readonly }: ArrayFieldItemTemplateProps) {
  const { hasRemove, onRemoveItem, hasMoveUp, onMoveUpItem, hasMoveDown, onMoveDownItem } = buttonsProps;
  const free = !disabled && !readonly;
  return (
    <div className="cv-item">
      {children}
      {free && (
        <span className="cv-itembuttons">
          {hasMoveUp && <IconButton icon="arrow_upward" label={`Move ${index + 1} up`} onClick={onMoveUpItem} />}
          {hasMoveDown && (
            <IconButton icon="arrow_downward" label={`Move ${index + 1} down`} onClick={onMoveDownItem} />
          )}
          {hasRemove && <IconButton icon="close" label={`Remove ${index + 1}`} onClick={onRemoveItem} />}
        </span>
      )}
    </div>
  );
}

function BaseInputTemplate({
  id,
  value,
  type,
  onChange,
  disabled,
  readonly,
  label,
  options,
  schema,
}: BaseInputTemplateProps) {
  const number = schema.type === "number" || schema.type === "integer";
  return (
    <input
      id={id}
      className="rb-input"
      type={number ? "number" : (type ?? "text")}
      aria-label={label}
      value={value ?? schema.default ?? ""}
      disabled={disabled}
      readOnly={readonly}
      step={schema.type === "integer" ? 1 : "any"}
      onChange={(typed) => {
        const text = typed.target.value;
        if (text === "") onChange(options.emptyValue);
        else onChange(number ? Number(text) : text);
      }}
    />
  );
}

export const TEMPLATES = {
  FieldTemplate,
  ObjectFieldTemplate,
  ArrayFieldTemplate,
  ArrayFieldItemTemplate,
  BaseInputTemplate,
};
