/** Engagement stats: a row for each node that sends something; sorted, searched, with the columns that one wants. */

import { useState } from "react";
import * as calls from "../calls";
import { count, percent, useAsked } from "./asked";
import type { Shared } from "./Numbers";
import { Scroll } from "./Scroll";

interface Column {
  key: Key;
  name: string;
  show: (row: Flat) => string;
}

/** A row with what the journey's goals counted for its message beside the rest. */
type Flat = calls.EngagementRow & { goal_1: number; goal_2: number; goal_3: number };
type Key = keyof Flat;

const flat = (row: calls.EngagementRow): Flat => ({
  ...row,
  goal_1: row.goals.goal_1 ?? 0,
  goal_2: row.goals.goal_2 ?? 0,
  goal_3: row.goals.goal_3 ?? 0,
});

const whole = (key: Key, name: string): Column => ({
  key,
  name,
  show: (row) => count(Number(row[key])),
});
const COLUMNS: Column[] = [
  { key: "node", name: "Node", show: (row) => String(row.node) },
  { key: "campaign", name: "Campaign", show: (row) => String(row.campaign ?? "–") },
  { key: "channel", name: "Channel", show: (row) => row.channel },
  whole("engaged", "Engagement"),
  { key: "ctr", name: "Rate", show: (row) => percent(row.ctr) },
  whole("entered", "Entered"),
  whole("sent", "Sent"),
  whole("impressions", "Impressions"),
  whole("delivered", "Delivered"),
  whole("viewed", "Viewed"),
  whole("clicked", "Clicked"),
  { key: "open_rate", name: "Opened", show: (row) => percent(row.open_rate) },
  whole("streamed", "Webhooks streamed"),
  whole("failed", "Failed"),
  whole("unreachable", "Unreachable"),
  whole("replied", "Replied"),
  whole("converted", "Converted"),
  whole("goal_1", "Goal 1"),
  whole("goal_2", "Goal 2"),
  whole("goal_3", "Goal 3"),
  whole("influenced", "Influenced"),
  { key: "revenue", name: "Revenue", show: (row) => row.revenue.toLocaleString("en", { maximumFractionDigits: 2 }) },
];
const FIRST = [
  "node",
  "campaign",
  "channel",
  "engaged",
  "ctr",
  "sent",
  "delivered",
  "viewed",
  "clicked",
  "open_rate",
  "failed",
  "unreachable",
  "converted",
];
const KEPT = "sojourn engagement columns";
const SIZES = [10, 20, 30, 40];

export function Engagement({ version, days }: Shared) {
  const { journey, number } = version;
  const { answer, error } = useAsked(`${days.first} ${days.last}`, () =>
    calls.engagementStats(journey.id, number, days),
  );
  const [shown, setShown] = useState<string[]>(columnsKept);
  const [sort, setSort] = useState<{ key: string; down: boolean }>({ key: "node", down: false });
  const [sought, setSought] = useState("");
  const [channel, setChannel] = useState("");
  const [size, setSize] = useState(20);
  const [page, setPage] = useState(0);
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  if (error) return <p className="sj-notice bad">{error}</p>;
  if (!answer) return <p className="subtle">Counting …</p>;

  const columns = shown
    .map((key) => COLUMNS.find((column) => column.key === key))
    .filter((column) => column !== undefined);
  const wanted = sought.trim().toLowerCase();
  const rows = answer
    .map(flat)
    .filter((row) => !channel || row.channel === channel)
    .filter(
      (row) =>
        row.name.toLowerCase().includes(wanted) || String(row.node) === wanted || String(row.campaign) === wanted,
    )
    .sort((one, other) => (sort.down ? -1 : 1) * compare(one[sort.key as Key], other[sort.key as Key]));
  const pages = Math.max(1, Math.ceil(rows.length / size));
  const here = rows.slice(Math.min(page, pages - 1) * size, (Math.min(page, pages - 1) + 1) * size);
  const picked = rows.filter((row) => chosen.has(row.node));
  const pick = (nodes: number[], on: boolean) =>
    setChosen(new Set(on ? [...chosen, ...nodes] : [...chosen].filter((node) => !nodes.includes(node))));
  const choose = (next: string[]) => {
    setShown(next);
    localStorage.setItem(KEPT, JSON.stringify(next));
  };
  const heading = (key: string, name: string) => (
    <th
      key={key}
      className={key === "name" || key === "channel" ? "" : "number"}
      aria-sort={sort.key === key ? (sort.down ? "descending" : "ascending") : undefined}
    >
      <button type="button" className="cv-plain" onClick={() => setSort({ key, down: sort.key === key && !sort.down })}>
        {name}
        {sort.key === key && (sort.down ? " ↓" : " ↑")}
      </button>
    </th>
  );
  return (
    <>
      <div className="sj-bar">
        <input
          className="rb-input"
          type="search"
          placeholder="Name, node or campaign"
          aria-label="Search"
          value={sought}
          onChange={(typed) => setSought(typed.target.value)}
        />
        <select
          className="rb-select"
          aria-label="Channel"
          value={channel}
          onChange={(chosen) => setChannel(chosen.target.value)}
        >
          <option value="">Every channel</option>
          {[...new Set(answer.map((row) => row.channel))].map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
        <details className="nb-columns">
          <summary className="sj-button">Columns</summary>
          <div className="rb-list">
            {COLUMNS.map((column) => (
              <div key={column.key} className="cv-check">
                <label className="cv-check">
                  <input
                    type="checkbox"
                    checked={shown.includes(column.key)}
                    onChange={(changed) =>
                      choose(
                        changed.target.checked ? [...shown, column.key] : shown.filter((key) => key !== column.key),
                      )
                    }
                  />
                  {column.name}
                </label>
                {shown.includes(column.key) && (
                  <button
                    type="button"
                    className="cv-plain"
                    aria-label={`${column.name}: further left`}
                    onClick={() => choose(earlier(shown, column.key))}
                  >
                    ←
                  </button>
                )}
              </div>
            ))}
          </div>
        </details>
        <button
          type="button"
          className="sj-button"
          disabled={!rows.length}
          onClick={() =>
            download(picked.length ? picked : rows, columns, `journey-${journey.id}-v${number}-engagement.csv`)
          }
        >
          {picked.length ? `CSV of ${picked.length} selected` : "CSV of all"}
        </button>
      </div>
      <div className="sj-card">
        <Scroll>
          <table className="sj-table">
            <thead>
              <tr>
                <th>
                  <input
                    type="checkbox"
                    aria-label="Select all on this page"
                    checked={here.length > 0 && here.every((row) => chosen.has(row.node))}
                    onChange={(changed) =>
                      pick(
                        here.map((row) => row.node),
                        changed.target.checked,
                      )
                    }
                  />
                </th>
                {heading("name", "Name")}
                {columns.map((column) => heading(column.key, column.name))}
              </tr>
            </thead>
            <tbody>
              {here.map((row) => (
                <tr key={row.node}>
                  <td>
                    <input
                      type="checkbox"
                      aria-label={`Select ${row.name}`}
                      checked={chosen.has(row.node)}
                      onChange={(changed) => pick([row.node], changed.target.checked)}
                    />
                  </td>
                  <td>
                    {row.campaign === null ? (
                      row.name
                    ) : (
                      <a
                        className="link"
                        href={`/admin/journeys/journey/${journey.id}/message/?version=${number}&node=${row.node}`}
                      >
                        {row.name}
                      </a>
                    )}
                  </td>
                  {columns.map((column) => (
                    <td key={column.key} className={column.key === "channel" ? "" : "number"}>
                      {column.show(row)}
                    </td>
                  ))}
                </tr>
              ))}
              {here.length === 0 && (
                <tr>
                  <td colSpan={columns.length + 2} className="subtle">
                    {answer.length ? "No message fits." : "This journey sends nothing."}
                  </td>
                </tr>
              )}
            </tbody>
          </table>
        </Scroll>
      </div>
      <div className="sj-bar">
        <select
          className="rb-select"
          aria-label="Rows a page"
          value={size}
          onChange={(chosen) => setSize(Number(chosen.target.value))}
        >
          {SIZES.map((it) => (
            <option key={it} value={it}>
              {it} a page
            </option>
          ))}
        </select>
        {pages > 1 &&
          Array.from({ length: pages }, (_, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a page is its number
            <button key={at} type="button" className={`sj-chip ${at === page ? "on" : ""}`} onClick={() => setPage(at)}>
              {at + 1}
            </button>
          ))}
      </div>
    </>
  );
}

function columnsKept(): string[] {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? "null");
    return Array.isArray(kept) && kept.length ? kept : FIRST;
  } catch {
    return FIRST;
  }
}

function earlier(shown: string[], key: string): string[] {
  const at = shown.indexOf(key);
  if (at < 1) return shown;
  const next = [...shown];
  next.splice(at - 1, 2, key, shown[at - 1] as string);
  return next;
}

function compare(one: unknown, other: unknown): number {
  if (typeof one === "string" && typeof other === "string") return one.localeCompare(other);
  return Number(one ?? -1) - Number(other ?? -1);
}

/** The rows that are shown, with the columns that are shown. A cell that a spreadsheet would calculate is text. */
function download(rows: Flat[], columns: Column[], name: string): void {
  const cell = (value: unknown) => {
    const text = String(value ?? "");
    const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return `"${safe.replaceAll('"', '""')}"`;
  };
  const lines = [
    ["Name", ...columns.map((column) => column.name)],
    ...rows.map((row) => [row.name, ...columns.map((column) => row[column.key])]),
  ];
  const file = new Blob([lines.map((line) => line.map(cell).join(",")).join("\r\n")], { type: "text/csv" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
