/** The form of a node's configuration, generated from its kind's JSON Schema. */

import Form from "@rjsf/core";
import type { RJSFSchema } from "@rjsf/utils";
import validator from "@rjsf/validator-ajv8";
import { useMemo } from "react";
import type { Config, Finding } from "../model/document";
import type { Templates } from "../state/useTemplates";
import { FIELDS } from "./fields";
import { formOf, type Schema, tidy } from "./schema";
import { TEMPLATES } from "./templates";
import { WIDGETS } from "./widgets";

export interface ConfigFormProps {
  schema: Record<string, unknown>;
  value: Config;
  onChange: (config: Config) => void;
  /** The parts that show; all if none are named. */
  only?: string[];
  /** Parts that may not change, by name; the rest may. null: nothing may. */
  locked: string[] | null;
  findings: Finding[];
  /** Names of the channel's providers and groups, and of those for an SMS instead. */
  providers?: string[];
  smsProviders?: string[];
  /** Saved templates to choose from. */
  templates?: Templates;
  /** Whether it is a saved template that is edited, and not what a node makes of it. */
  saving?: boolean;
  /** The event that leads people here, if there is just one. */
  event?: string;
}

export default function ConfigForm(props: ConfigFormProps) {
  const { schema, value, onChange, only, locked, findings, providers, smsProviders, templates, saving, event } = props;
  const whole = useMemo(() => formOf(schema as Schema), [schema]);
  const made = useMemo(() => {
    const { properties = {}, ...rest } = whole.schema;
    const shown = Object.entries(properties).filter(([name]) => !only || only.includes(name));
    return { ui: whole.ui, schema: { ...rest, properties: Object.fromEntries(shown) } };
  }, [whole, only]);
  const ui = useMemo(() => {
    const hints = { ...made.ui };
    for (const name of locked ?? []) hints[name] = { ...hints[name], "ui:disabled": true };
    return hints;
  }, [made, locked]);
  return (
    <Form
      className="cv-form"
      tagName="div"
      schema={made.schema as RJSFSchema}
      uiSchema={ui}
      formData={value}
      validator={validator}
      fields={FIELDS}
      widgets={WIDGETS}
      templates={TEMPLATES}
      formContext={{ value, providers, smsProviders, templates, saving, findings, event }}
      disabled={locked === null}
      noValidate
      showErrorList={false}
      idPrefix="config"
      experimental_defaultFormStateBehavior={{ emptyObjectFields: "skipDefaults" }}
      onChange={({ formData }) => onChange(tidy(formData) as Config)}
    >
      {/* no submit button: the canvas saves the whole document */}
      <span />
    </Form>
  );
}
