/** The page of a saved template: its name and channel, its content, and beside it how it reads. */

import "../canvas.css";
import "../../../segments/builder/builder.css";
import { lazy, Suspense, useState } from "react";
import { ApiError } from "../../../config/islands/api";
import { useGuard } from "../../../config/islands/useGuard";
import type { Config, Finding, Json } from "../model/document";
import { placeholders, type Template } from "../model/saved";
import { Preview } from "../panel/Preview";
import { Around } from "../state/around";
import * as calls from "../templateCalls";

const ConfigForm = lazy(() => import("../forms/ConfigForm"));

interface Props {
  /** null: a new one. */
  template: Template | null;
  /** Those that may be chosen, or the template's own; with the form of their content. */
  channels: { name: string; label: string; schema: Record<string, unknown> }[];
  /** Whether the person who looks may save. */
  may: boolean;
  /** Whether the person who looks may see people. */
  people: boolean;
}

export default function Page({ template, channels, may, people }: Props) {
  const [name, setName] = useState(template?.name ?? "");
  const [channel, setChannel] = useState(template?.channel ?? channels[0]?.name ?? "");
  const [content, setContent] = useState<Record<string, Json>>(template?.content ?? {});
  const [state, setState] = useState<"idle" | "saving" | "saved">("idle");
  const [failure, setFailure] = useState<ApiError | null>(null);
  const form = channels.find((it) => it.name === channel);
  const changed =
    name !== (template?.name ?? "") || JSON.stringify(content) !== JSON.stringify(template?.content ?? {});
  const dirty = may && changed && state !== "saved";
  useGuard(dirty);
  if (!form) return <p className="sj-notice">You may not write templates for any channel.</p>;

  const edited = () => {
    setFailure(null);
    setState("idle");
  };
  const save = async () => {
    setState("saving");
    setFailure(null);
    const draft = { name, channel, content };
    try {
      const told = await (template
        ? calls.change(template.id, { ...draft, revision: template.revision })
        : calls.create(draft));
      setState("saved");
      setTimeout(() => location.assign(told.url)); // once the guard is off; the page then says who uses it
    } catch (failed) {
      setFailure(failed instanceof ApiError ? failed : new ApiError(0, "error", String(failed)));
      setState("idle");
    }
  };

  return (
    <Around.Provider
      value={{ kinds: new Map(), journeys: [], groups: [], people, rehearse: false, saves: [], tests: {} }}
    >
      <div className="cv-saved">
        <header className="rb-page-head">
          <div className="rb-names">
            <input
              className="rb-name"
              aria-label="Name of the template"
              placeholder="Name this template"
              maxLength={100}
              disabled={!may}
              value={name}
              onChange={(typed) => {
                setName(typed.target.value);
                edited();
              }}
            />
          </div>
          <div className="rb-buttons">
            <span className="rb-state" role="status">
              {state === "saving" ? "Saving …" : dirty && template ? "Unsaved changes" : ""}
            </span>
            {may && (
              <button
                type="button"
                className="sj-button primary"
                disabled={!changed || !name.trim() || state !== "idle"}
                onClick={() => void save()}
              >
                Save
              </button>
            )}
          </div>
        </header>
        {failure && (
          <p className="sj-notice bad" role="alert">
            {failure.message}
          </p>
        )}
        <div className="cv-savedcolumns">
          <section className="sj-card rb-card" aria-label="Content">
            {!template && (
              <label className="cv-field">
                <span className="cv-label">Channel</span>
                <select
                  className="rb-select"
                  value={channel}
                  onChange={(chosen) => {
                    setChannel(chosen.target.value);
                    setContent({});
                    edited();
                  }}
                >
                  {channels.map((it) => (
                    <option key={it.name} value={it.name}>
                      {it.label}
                    </option>
                  ))}
                </select>
              </label>
            )}
            <Suspense fallback={<p className="subtle">Loading the form …</p>}>
              <ConfigForm
                key={channel}
                schema={form.schema}
                value={{ content }}
                locked={may ? [] : null}
                findings={(failure?.problems ?? []).map((it): Finding => ({ ...it, node: null }))}
                saving
                onChange={(config: Config) => {
                  setContent((config.content ?? {}) as Record<string, Json>);
                  edited();
                }}
              />
            </Suspense>
          </section>
          <section className="sj-card" aria-labelledby="preview">
            <h2 id="preview">Preview</h2>
            <div className="body cv-savedpreview">
              <Preview channel={channel} contents={[["Template", filled(content)]]} event="" />
            </div>
          </section>
        </div>
      </div>
    </Around.Provider>
  );
}

/** With [1], [2] … where nodes put their values. */
function filled(content: Record<string, Json>): Json {
  if (!content.registration) return content;
  const numbers = placeholders(content.text);
  return { ...content, variables: Array.from({ length: Math.max(0, ...numbers) }, (_, at) => `[${at + 1}]`) };
}
