/** Do not disturb: days and hours in which nothing is sent, and a picture of the week (domain 3.5). */

import { Icon, IconButton } from "../../../segments/builder/fields/Icon";
import { Days } from "../forms/fields";
import type { JourneyDocument } from "../model/document";
import { WEEK } from "../model/words";
import type { SetPart } from "./parts";

interface Quiet {
  days: string[];
  from: string;
  to: string;
}

export function QuietHours({ document, set }: { document: JourneyDocument; set: SetPart }) {
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
