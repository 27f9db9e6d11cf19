/** Engagement stats: a row for each node that sends something; sorted, searched, with the columns that one wants. */

import { useState } from "react";
import * as calls from "../calls";
import { count, percent, useAsked } from "./asked";
import type { Shared } from "./Numbers";
import { Scroll } from "./Scroll";

interface Column {
  key: keyof calls.EngagementRow;
  name: string;
  show: (row: calls.EngagementRow) => string;
}

const whole = (key: keyof calls.EngagementRow, name: string): Column => ({
  key,
  name,
  show: (row) => count(Number(row[key])),
});
const COLUMNS: Column[] = [
  { key: "node", name: "Node", show: (row) => String(row.node) },
  { key: "campaign", name: "Campaign", show: (row) => String(row.campaign ?? "–") },
  { key: "channel", name: "Channel", show: (row) => row.channel },
  whole("entered", "Entered"),
  whole("sent", "Sent"),
  whole("delivered", "Delivered"),
  whole("viewed", "Viewed"),
  whole("clicked", "Clicked"),
  { key: "open_rate", name: "Opened", show: (row) => percent(row.open_rate) },
  { key: "ctr", name: "CTR", show: (row) => percent(row.ctr) },
  whole("failed", "Failed"),
  whole("unreachable", "Unreachable"),
  whole("replied", "Replied"),
  whole("converted", "Converted"),
  whole("influenced", "Influenced"),
  { key: "revenue", name: "Revenue", show: (row) => row.revenue.toLocaleString("en", { maximumFractionDigits: 2 }) },
];
const FIRST = [
  "node",
  "channel",
  "sent",
  "viewed",
  "clicked",
  "open_rate",
  "ctr",
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
  if (error) return <p className="sj-notice bad">{error}</p>;
  if (!answer) return <p className="subtle">Counting …</p>;

  const columns = shown
    .map((key) => COLUMNS.find((column) => column.key === key))
    .filter((column) => column !== undefined);
  const wanted = sought.trim().toLowerCase();
  const rows = answer
    .filter((row) => !channel || row.channel === channel)
    .filter(
      (row) =>
        row.name.toLowerCase().includes(wanted) || String(row.node) === wanted || String(row.campaign) === wanted,
    )
    .sort(
      (one, other) =>
        (sort.down ? -1 : 1) *
        compare(one[sort.key as keyof calls.EngagementRow], other[sort.key as keyof calls.EngagementRow]),
    );
  const pages = Math.max(1, Math.ceil(rows.length / size));
  const here = rows.slice(Math.min(page, pages - 1) * size, (Math.min(page, pages - 1) + 1) * size);
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
              <label key={column.key} className="cv-check">
                <input
                  type="checkbox"
                  checked={shown.includes(column.key)}
                  onChange={(changed) =>
                    choose(changed.target.checked ? [...shown, column.key] : shown.filter((key) => key !== column.key))
                  }
                />
                {column.name}
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
              </label>
            ))}
          </div>
        </details>
        <button
          type="button"
          className="sj-button"
          disabled={!rows.length}
          onClick={() => download(rows, columns, `journey-${journey.id}-v${number}-engagement.csv`)}
        >
          CSV
        </button>
      </div>
      <div className="sj-card">
        <Scroll>
          <table className="sj-table">
            <thead>
              <tr>
                {heading("name", "Name")}
                {columns.map((column) => heading(column.key, column.name))}
              </tr>
            </thead>
            <tbody>
              {here.map((row) => (
                <tr key={row.node}>
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
                  <td colSpan={columns.length + 1} className="subtle">
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
function download(rows: calls.EngagementRow[], columns: Column[], name: string): void {
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
