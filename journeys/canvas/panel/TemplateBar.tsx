/** What is done with a message as a whole: save it as a template, or make a template's words the node's own. */

import { useContext, useState } from "react";
import { Icon } from "../../../segments/builder/fields/Icon";
import type { Config, Kind, Step } from "../model/document";
import { counting, madeOwn, withoutVariables } from "../model/saved";
import { Around } from "../state/around";
import type { Templates } from "../state/useTemplates";
import { create } from "../templateCalls";
import { Dialog } from "../view/Dialog";

interface Props {
  kind: Kind;
  step: Step;
  templates: Templates;
  onChange: (config: Config) => void;
}

export function TemplateBar({ kind, step, templates, onChange }: Props) {
  const { saves } = useContext(Around);
  const [saving, setSaving] = useState(false);
  const [said, setSaid] = useState("");
  const config = step.config ?? {};
  return (
    <>
      {config.template && (
        <button
          type="button"
          className="sj-button"
          disabled={templates.state === "asking"}
          onClick={() => onChange(madeOwn(config, templates.all))}
        >
          <Icon name="content_copy" />
          Make it my own (copy)
        </button>
      )}
      {!config.template && saves.includes(kind.name) && (
        <button type="button" className="sj-button" onClick={() => setSaving(true)}>
          <Icon name="bookmark_add" />
          Save as template
        </button>
      )}
      <small className="subtle" role="status">
        {said}
      </small>
      {saving && (
        <SaveDialog
          kind={kind}
          step={step}
          onClose={() => setSaving(false)}
          onSaved={(name, waits) => {
            setSaving(false);
            templates.renew();
            // What waits for approval cannot be published, so the node goes on with its own words.
            if (!waits) onChange({ ...config, template: name });
            setSaid(
              waits
                ? `Saved “${name}”. It can be used once ${kind.label} has approved it; its page says what is missing.`
                : `Saved “${name}”, which this node uses now.`,
            );
          }}
        />
      )}
    </>
  );
}

interface SaveProps {
  kind: Kind;
  step: Step;
  onSaved: (name: string, waits: boolean) => void;
  onClose: () => void;
}

function SaveDialog({ kind, step, onSaved, onClose }: SaveProps) {
  const [name, setName] = useState(step.name ?? "");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState("");
  const save = async () => {
    setBusy(true);
    try {
      const content = withoutVariables(counting({ content: step.config?.content ?? {} }, []));
      const made = await create({ name, channel: kind.name, content });
      onSaved(made.name, made.approval === "pending");
    } catch (failed) {
      setError(failed instanceof Error ? failed.message : String(failed));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title="Save as template"
      onClose={onClose}
      actions={
        <>
          <button type="button" className="sj-button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" form="save-template" className="sj-button primary" disabled={busy || !name.trim()}>
            Save
          </button>
        </>
      }
    >
      <form
        id="save-template"
        onSubmit={(submit) => {
          submit.preventDefault();
          void save();
        }}
      >
        <label className="cv-field">
          <span className="cv-label">Name of the template</span>
          <input
            className="rb-input"
            maxLength={100}
            value={name}
            onChange={(typed) => {
              setName(typed.target.value);
              setError("");
            }}
          />
        </label>
      </form>
      <p className="subtle">Other messages for {kind.label} can then use it too.</p>
      {error && (
        <p className="sj-notice bad" role="alert">
          {error}
        </p>
      )}
    </Dialog>
  );
}
