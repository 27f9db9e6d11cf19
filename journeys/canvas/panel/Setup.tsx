/** The Setup block: when people enter, how often, quiet hours, control group, the longest stay (domain 3). */

import { useContext, useState } from "react";
import { ManyField } from "../../../segments/builder/fields/basic";
import { Icon, IconButton } from "../../../segments/builder/fields/Icon";
import { Days } from "../forms/fields";
import { DurationField } from "../forms/widgets";
import type { JourneyDocument, Json, Kinds } from "../model/document";
import * as edit from "../model/edit";
import { WEEK } from "../model/words";
import { Around } from "../state/around";
import type { JourneyState } from "../state/useJourney";
import { Dialog } from "../view/Dialog";

interface Quiet {
  days: string[];
  from: string;
  to: string;
}

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
    <fieldset className="cv-fields" disabled={!all}>
      <legend className="cv-hidden">Setup</legend>
      {wrong.map((finding) => (
        <p key={finding.message} className={`sj-notice ${finding.level === "error" ? "bad" : "warn"}`}>
          {finding.message}
        </p>
      ))}
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
  );
}

type Set = (change: Partial<JourneyDocument>, place: string) => void;

function Text({
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

type Line = Record<string, Json>;

function Timeline({ document, onChange }: { document: JourneyDocument; onChange: (timeline: Line) => void }) {
  const line: Line = document.entry?.timeline ?? {};
  if ((document.entry?.criteria ?? "live") === "live") {
    return (
      <>
        <Moment label="From" now="At once" value={line.start} onChange={(start) => onChange({ ...line, start })} />
        <End line={line} onChange={onChange} />
      </>
    );
  }
  const way = "dates" in line ? "dates" : "every" in line ? "every" : "once";
  const begin = (next: string) => {
    if (next === "dates") onChange({ dates: [], start: "now", end: null });
    else if (next === "every") onChange({ every: 1, unit: "week", weekdays: ["mon"], start: "now", end: null });
    else onChange({ once: "now" });
  };
  return (
    <>
      <label className="cv-field">
        <span className="cv-label">How often</span>
        <select className="rb-select" value={way} onChange={(chosen) => begin(chosen.target.value)}>
          <option value="once">Once</option>
          <option value="dates">On specific dates</option>
          <option value="every">Again and again</option>
        </select>
      </label>
      {way === "once" && (
        <Moment label="When" now="At once" value={line.once} onChange={(once) => onChange({ ...line, once })} />
      )}
      {way === "dates" && <Dates line={line} onChange={onChange} />}
      {way === "every" && <Every line={line} onChange={onChange} />}
      {way !== "once" && (
        <>
          <Moment
            label="First run"
            now="At once"
            value={line.start}
            onChange={(start) => onChange({ ...line, start })}
          />
          <End line={line} onChange={onChange} />
          <label className="cv-field">
            <span className="cv-label">On each day, ask</span>
            <select
              className="rb-select"
              value={String(line.run_at ?? "day_end")}
              onChange={(chosen) => onChange({ ...line, run_at: chosen.target.value })}
            >
              <option value="day_end">at its end, so that the day counts</option>
              <option value="day_start">at its start</option>
            </select>
          </label>
        </>
      )}
    </>
  );
}

function Moment({
  label,
  now,
  value,
  onChange,
}: {
  label: string;
  now: string;
  value: Json | undefined;
  onChange: (value: string) => void;
}) {
  const later = typeof value === "string" && value !== "now";
  return (
    <div className="cv-field">
      <span className="cv-label">{label}</span>
      <div className="cv-row">
        <select
          className="rb-select"
          aria-label={label}
          value={later ? "later" : "now"}
          onChange={(chosen) => onChange(chosen.target.value === "now" ? "now" : soon())}
        >
          <option value="now">{now}</option>
          <option value="later">At a date</option>
        </select>
        {later && (
          <input
            className="rb-input"
            type="datetime-local"
            aria-label={`${label}: date and time`}
            value={value.slice(0, 16)}
            onChange={(typed) => typed.target.value && onChange(typed.target.value)}
          />
        )}
      </div>
    </div>
  );
}

/** Tomorrow at nine, to begin with. */
function soon(): string {
  const day = new Date(Date.now() + 86_400_000);
  return `${day.getFullYear()}-${String(day.getMonth() + 1).padStart(2, "0")}-${String(day.getDate()).padStart(2, "0")}T09:00`;
}

function End({ line, onChange }: { line: Line; onChange: (timeline: Line) => void }) {
  const end = typeof line.end === "string" ? line.end : null;
  return (
    <div className="cv-field">
      <label className="cv-check">
        <input
          type="checkbox"
          checked={end !== null}
          onChange={(changed) => onChange({ ...line, end: changed.target.checked ? soon() : null })}
        />
        Ends at a date
      </label>
      {end !== null && (
        <input
          className="rb-input"
          type="datetime-local"
          aria-label="End"
          value={end.slice(0, 16)}
          onChange={(typed) => typed.target.value && onChange({ ...line, end: typed.target.value })}
        />
      )}
    </div>
  );
}

function Dates({ line, onChange }: { line: Line; onChange: (timeline: Line) => void }) {
  const dates = (line.dates as string[] | undefined) ?? [];
  return (
    <div className="cv-field">
      <span className="cv-label">Dates</span>
      {dates.map((day) => (
        <span key={day} className="rb-token">
          {day}
          <button
            type="button"
            aria-label={`Remove ${day}`}
            onClick={() => onChange({ ...line, dates: dates.filter((it) => it !== day) })}
          >
            <Icon name="close" />
          </button>
        </span>
      ))}
      <input
        className="rb-input"
        type="date"
        aria-label="Add a date"
        value=""
        onChange={(typed) =>
          typed.target.value && onChange({ ...line, dates: [...new Set([...dates, typed.target.value])].sort() })
        }
      />
    </div>
  );
}

const MOST_EVERY: Record<string, number> = { day: 30, week: 12, month: 12 };

function Every({ line, onChange }: { line: Line; onChange: (timeline: Line) => void }) {
  const unit = String(line.unit ?? "week");
  return (
    <>
      <div className="cv-row">
        <label className="cv-field">
          <span className="cv-label">Every</span>
          <input
            className="rb-input rb-number"
            type="number"
            min={1}
            max={MOST_EVERY[unit]}
            value={Number(line.every ?? 1)}
            onChange={(typed) => onChange({ ...line, every: Math.max(1, Math.round(typed.target.valueAsNumber || 1)) })}
          />
        </label>
        <label className="cv-field">
          <span className="cv-label">Unit</span>
          <select
            className="rb-select"
            value={unit}
            onChange={(chosen) => {
              const { weekdays: _, day: __, ...rest } = line;
              const next = chosen.target.value;
              onChange({
                ...rest,
                unit: next,
                ...(next === "week" ? { weekdays: ["mon"] } : next === "month" ? { day: 1 } : {}),
              });
            }}
          >
            <option value="day">days</option>
            <option value="week">weeks</option>
            <option value="month">months</option>
          </select>
        </label>
      </div>
      {unit === "week" && (
        <Days
          label="Weekdays"
          value={(line.weekdays as string[] | undefined) ?? []}
          onChange={(weekdays) => onChange({ ...line, weekdays })}
        />
      )}
      {unit === "month" && (
        <label className="cv-field">
          <span className="cv-label">On day</span>
          <input
            className="rb-input rb-number"
            type="number"
            min={1}
            max={31}
            value={Number(line.day ?? 1)}
            onChange={(typed) => onChange({ ...line, day: Math.min(31, Math.max(1, typed.target.valueAsNumber || 1)) })}
          />
          {Number(line.day) > 28 && <small className="subtle">In shorter months, on the last day.</small>}
        </label>
      )}
    </>
  );
}

function QuietHours({ document, set }: { document: JourneyDocument; set: Set }) {
  const dnd = document.dnd as { windows: Quiet[]; then?: string } | null | undefined;
  const windows = dnd?.windows ?? [];
  const write = (next: Quiet[]) => set({ dnd: next.length ? { ...dnd, windows: next } : null }, "dnd");
  return (
    <fieldset className="cv-group">
      <legend>Do not disturb</legend>
      {windows.length > 0 && <WeekPicture windows={windows} />}
      {windows.map((window, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a window is known by its place alone
        <div key={at} className="cv-item">
          <Days
            label={`Days of window ${at + 1}`}
            value={window.days}
            onChange={(days) => write(windows.map((it, place) => (place === at ? { ...it, days } : it)))}
          />
          <div className="cv-row">
            {(["from", "to"] as const).map((end) => (
              <input
                key={end}
                className="rb-input"
                type="time"
                aria-label={`Window ${at + 1}, ${end}`}
                value={window[end]}
                onChange={(typed) =>
                  typed.target.value &&
                  write(
                    windows.map((it, place) => (place === at ? { ...it, [end]: typed.target.value.slice(0, 5) } : it)),
                  )
                }
              />
            ))}
            {windows.length > 1 && (
              <button
                type="button"
                className="cv-plain"
                onClick={() => write(windows.map((it) => ({ ...it, from: window.from, to: window.to })))}
              >
                Copy time to all
              </button>
            )}
            <IconButton
              icon="close"
              label={`Remove window ${at + 1}`}
              onClick={() => write(windows.filter((_, place) => place !== at))}
            />
          </div>
        </div>
      ))}
      <button
        type="button"
        className="rb-add"
        onClick={() => write([...windows, { days: [...WEEK], from: "21:00", to: "09:00" }])}
      >
        <Icon name="add" />
        Quiet hours
      </button>
      {windows.length > 0 && (
        <label className="cv-field">
          <span className="cv-label">A message that falls into them</span>
          <select
            className="rb-select"
            value={dnd?.then ?? "hold"}
            // biome-ignore lint/suspicious/noThenProperty: the document's own name; nobody awaits it
            onChange={(chosen) => set({ dnd: { windows, then: chosen.target.value } }, "dnd")}
          >
            <option value="hold">is held, and sent afterwards</option>
            <option value="drop">is dropped: people go on by Unreachable</option>
          </select>
        </label>
      )}
    </fieldset>
  );
}

/** The week as seven bars of 24 hours, quiet ones dark. */
function WeekPicture({ windows }: { windows: Quiet[] }) {
  const minutes = (clock: string) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5));
  const parts = windows.flatMap((window) =>
    window.days.flatMap((day) => {
      const at = WEEK.indexOf(day);
      const [from, to] = [minutes(window.from), minutes(window.to)];
      if (to > from) return [{ at, from, to }];
      return [
        { at, from, to: 1440 },
        { at: (at + 1) % 7, from: 0, to },
      ];
    }),
  );
  return (
    <svg
      className="cv-week"
      viewBox="0 0 1440 98"
      role="img"
      aria-label="Quiet hours of the week"
      preserveAspectRatio="none"
    >
      {WEEK.map((day, at) => (
        <rect key={day} x={0} y={at * 14} width={1440} height={11} className="free" />
      ))}
      {parts.map((part, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: drawn afresh each time
        <rect key={at} x={part.from} y={part.at * 14} width={part.to - part.from} height={11} className="quiet" />
      ))}
    </svg>
  );
}

function Timezone({ document, set }: { document: JourneyDocument; set: Set }) {
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

function ControlGroup({ document, set }: { document: JourneyDocument; set: Set }) {
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
