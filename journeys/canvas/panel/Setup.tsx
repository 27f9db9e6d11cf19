/** The Setup block: when people enter, how often, quiet hours, control group, the longest stay (domain 3). */

import { useContext, useState } from "react";
import { ManyField } from "../../../segments/builder/fields/basic";
import { DurationField } from "../forms/widgets";
import type { JourneyDocument, Kinds } from "../model/document";
import * as edit from "../model/edit";
import { Around } from "../state/around";
import type { JourneyState } from "../state/useJourney";
import { Dialog } from "../view/Dialog";
import type { SetPart } from "./parts";
import { QuietHours } from "./QuietHours";
import { Timeline } from "./Timeline";

export function Setup({ journey, kinds }: { journey: JourneyState; kinds: Kinds }) {
  const { document } = journey;
  const [asking, setAsking] = useState<"live" | "past" | null>(null);
  const all = journey.editable === "all";
  const set = (change: Partial<JourneyDocument>, place: string) =>
    journey.edit((now) => ({ ...now, ...change }), place);
  const criteria = document.entry?.criteria ?? "live";
  const choose = (next: "live" | "past") =>
    edit.clearsEntry(document, next, kinds)
      ? setAsking(next)
      : journey.edit((now) => edit.setCriteria(now, next, kinds));
  const wrong = journey.checked.findings.filter(
    (it) => it.node === null && !/^(goals|entry\.segment|links|nodes)/.test(it.field),
  );
  return (
    <>
      {wrong.map((finding) => (
        <p key={finding.message} className={`sj-notice ${finding.level === "error" ? "bad" : "warn"}`}>
          {finding.message}
        </p>
      ))}
      {journey.editable === "what" && (
        <p className="sj-notice">
          This version is published: its name, description and labels can change. The rest takes a new version.
        </p>
      )}
      <fieldset className="cv-fields" disabled={journey.editable === "none"}>
        <legend className="cv-hidden">What it is called</legend>
        <Text label="Name" value={document.name} most={100} onChange={(name) => set({ name }, "name")} />
        <Text
          label="Description"
          value={document.description}
          most={120}
          onChange={(description) => set({ description }, "description")}
        />
        <div className="cv-field">
          <span className="cv-label">Labels</span>
          <ManyField
            label="Labels"
            numbers={false}
            value={document.labels ?? []}
            onChange={(labels) => set({ labels: labels.map(String) }, "labels")}
          />
        </div>
      </fieldset>
      <fieldset className="cv-fields" disabled={!all}>
        <legend className="cv-hidden">Setup</legend>
        <fieldset className="cv-group">
          <legend>Who enters when</legend>
          <div className="cv-radios">
            {(
              [
                ["live", "By an event trigger"],
                ["past", "At a specific time"],
              ] as const
            ).map(([key, label]) => (
              <label key={key}>
                <input type="radio" name="criteria" checked={criteria === key} onChange={() => choose(key)} />
                {label}
              </label>
            ))}
          </div>
          <Timeline
            document={document}
            onChange={(timeline) => journey.edit((now) => edit.setEntry(now, { timeline }), "timeline")}
          />
          {!("once" in (document.entry?.timeline ?? {})) && (
            <label className="cv-check">
              <input
                type="checkbox"
                checked={document.entry?.re_entry ?? false}
                onChange={(changed) => journey.edit((now) => edit.setEntry(now, { re_entry: changed.target.checked }))}
              />
              Who has left may enter again
            </label>
          )}
          <div className="cv-row">
            <Cap label="At most, in all" part="total" journey={journey} />
            <Cap label="At most, a day" part="per_day" journey={journey} />
          </div>
        </fieldset>
        <QuietHours document={document} set={set} />
        <fieldset className="cv-group">
          <legend>Timezone</legend>
          <Timezone document={document} set={set} />
        </fieldset>
        <fieldset className="cv-group">
          <legend>Control group</legend>
          <ControlGroup document={document} set={set} />
        </fieldset>
        <fieldset className="cv-group">
          <legend>Longest stay</legend>
          <label className="cv-check">
            <input
              type="checkbox"
              checked={Boolean(document.timeout)}
              onChange={(changed) => set({ timeout: changed.target.checked ? "P30D" : null }, "timeout")}
            />
            People leave after
          </label>
          {document.timeout ? (
            <DurationField
              label="Longest stay"
              value={document.timeout as string}
              onChange={(timeout) => set({ timeout: timeout ?? null }, "timeout")}
            />
          ) : null}
        </fieldset>
        {asking && (
          <Dialog
            title="Clear the entry segment?"
            onClose={() => setAsking(null)}
            actions={
              <>
                <button type="button" className="sj-button" onClick={() => setAsking(null)}>
                  Keep it as it is
                </button>
                <button
                  type="button"
                  className="sj-button primary"
                  onClick={() => {
                    journey.edit((now) => edit.setCriteria(now, asking, kinds));
                    setAsking(null);
                  }}
                >
                  Clear it
                </button>
              </>
            }
          >
            <p>The entry segment cannot be used with the other choice. It is cleared; undo brings it back.</p>
          </Dialog>
        )}
      </fieldset>
    </>
  );
}

export function Text({
  label,
  value,
  most,
  onChange,
}: {
  label: string;
  value: string | undefined;
  most: number;
  onChange: (text: string) => void;
}) {
  return (
    <label className="cv-field">
      <span className="cv-label">{label}</span>
      <input className="rb-input" value={value ?? ""} onChange={(typed) => onChange(typed.target.value)} />
      {(value ?? "").length > most && (
        <small className="bad">{`${(value ?? "").length} characters; at most ${most} are possible.`}</small>
      )}
    </label>
  );
}

function Cap({ label, part, journey }: { label: string; part: "total" | "per_day"; journey: JourneyState }) {
  const cap = journey.document.entry?.cap ?? {};
  return (
    <label className="cv-field">
      <span className="cv-label">{label}</span>
      <input
        className="rb-input rb-number"
        type="number"
        min={1}
        placeholder="no limit"
        value={cap[part] ?? ""}
        onChange={(typed) => {
          const count = typed.target.valueAsNumber;
          journey.edit(
            (now) => edit.setEntry(now, { cap: { ...cap, [part]: Number.isNaN(count) ? null : count } }),
            `cap ${part}`,
          );
        }}
      />
    </label>
  );
}

function Timezone({ document, set }: { document: JourneyDocument; set: SetPart }) {
  const zone = (document.timezone as { use?: string; late?: string } | undefined) ?? {};
  return (
    <>
      <label className="cv-field">
        <span className="cv-label">Clock times are meant</span>
        <select
          className="rb-select"
          value={zone.use ?? "account"}
          onChange={(chosen) => set({ timezone: { ...zone, use: chosen.target.value } }, "timezone")}
        >
          <option value="account">in the account's timezone</option>
          <option value="user">in each person's own timezone</option>
        </select>
      </label>
      {zone.use === "user" && (
        <label className="cv-field">
          <span className="cv-label">Where the time has passed already</span>
          <select
            className="rb-select"
            value={zone.late ?? "drop"}
            onChange={(chosen) => set({ timezone: { ...zone, late: chosen.target.value } }, "timezone")}
          >
            <option value="drop">do not send</option>
            <option value="next_day">send the next day</option>
          </select>
        </label>
      )}
    </>
  );
}

function ControlGroup({ document, set }: { document: JourneyDocument; set: SetPart }) {
  const { groups } = useContext(Around);
  const control =
    (document.control as { system?: boolean; custom?: string | null; journey_percent?: number } | undefined) ?? {};
  const percent = control.journey_percent ?? 0;
  return (
    <>
      <label className="cv-check">
        <input
          type="checkbox"
          checked={control.system ?? true}
          onChange={(changed) => set({ control: { ...control, system: changed.target.checked } }, "control")}
        />
        Hold out the system control group
      </label>
      <label className="cv-field">
        <span className="cv-label">Custom control group</span>
        <select
          className="rb-select"
          value={control.custom ?? ""}
          onChange={(chosen) => set({ control: { ...control, custom: chosen.target.value || null } }, "control")}
        >
          <option value="">None</option>
          {[...new Set([...groups, ...(control.custom ? [control.custom] : [])])].map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label className="cv-field">
        <span className="cv-label">Of this journey alone, per cent (0: none, else 2 to 99)</span>
        <input
          className="rb-input rb-number"
          type="number"
          min={0}
          max={99}
          value={percent}
          onChange={(typed) =>
            set({ control: { ...control, journey_percent: Math.round(typed.target.valueAsNumber || 0) } }, "control")
          }
        />
      </label>
    </>
  );
}
