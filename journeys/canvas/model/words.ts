/** Durations, connectors and sleeps in words. */

import type { Sleep } from "./document";

const VIAS: Record<string, string> = {
  yes: "Yes",
  no: "No",
  node_timeout: "Node timeout",
  sent: "Sent",
  failed: "Failed",
  delivered: "Delivered",
  viewed: "Viewed",
  clicked: "Clicked",
  unreachable: "Unreachable",
  updated: "Updated",
  others: "Others",
};

/** A connector's name. paths: the names of a split's or an IntelliNODE's paths. */
export function viaWords(via: string, paths?: string[]): string {
  const path = /^path_(\d+)$/.exec(via);
  if (path) return paths?.[Number(path[1]) - 1] || `Path ${path[1]}`;
  return VIAS[via] ?? via;
}

export interface Span {
  count: number;
  unit: "second" | "minute" | "hour" | "day";
}

const SECONDS = { second: 1, minute: 60, hour: 3600, day: 86400 } as const;
const SHAPE =
  /^(-?)P(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/** Seconds of an ISO 8601 duration without years and months; null if it is none. */
export function seconds(duration: string | null | undefined): number | null {
  const match = SHAPE.exec(duration ?? "");
  if (!match || !/\d/.test(duration ?? "")) return null;
  const [, sign, weeks, days, hours, minutes, rest] = match;
  const total =
    604800 * +(weeks ?? 0) + 86400 * +(days ?? 0) + 3600 * +(hours ?? 0) + 60 * +(minutes ?? 0) + +(rest ?? 0);
  return sign ? -total : total;
}

/** The largest unit that a duration is a whole number of. */
export function span(duration: string | null | undefined): Span | null {
  const total = seconds(duration);
  if (total === null) return null;
  const size = Math.abs(total);
  for (const unit of ["day", "hour", "minute"] as const) {
    if (size >= SECONDS[unit] && size % SECONDS[unit] === 0) return { count: total / SECONDS[unit], unit };
  }
  return { count: total, unit: "second" };
}

/** A span as an ISO 8601 duration. */
export function duration({ count, unit }: Span): string {
  const sign = count < 0 ? "-" : "";
  const size = Math.abs(count);
  if (unit === "day") return `${sign}P${size}D`;
  return `${sign}PT${size}${unit[0]?.toUpperCase()}`;
}

/** “1 day”, “20 minutes”; what cannot be read stays as it is. */
export function spell(text: string | null | undefined): string {
  const found = span(text);
  if (!found) return text ?? "";
  return `${found.count} ${found.unit}${Math.abs(found.count) === 1 ? "" : "s"}`;
}

const DAYS: Record<string, string> = {
  mon: "Mon",
  tue: "Tue",
  wed: "Wed",
  thu: "Thu",
  fri: "Fri",
  sat: "Sat",
  sun: "Sun",
};
export const WEEK = Object.keys(DAYS);

/** “Mon–Fri”, “Sat, Sun”, “every day”. */
export function weekdays(given: string[] | undefined): string {
  const days = WEEK.filter((day) => given?.includes(day));
  if (!days.length || days.length === 7) return "every day";
  const [first, last] = [WEEK.indexOf(days[0] ?? ""), WEEK.indexOf(days.at(-1) ?? "")];
  if (days.length > 2 && last - first === days.length - 1) return `${DAYS[days[0] ?? ""]}–${DAYS[days.at(-1) ?? ""]}`;
  return days.map((day) => DAYS[day]).join(", ");
}

/** A sleep on a link, short enough for the canvas; empty if there is none. */
export function sleepWords(sleep: Sleep | null | undefined): string {
  if (!sleep) return "";
  const parts: string[] = [];
  if (sleep.best_time) parts.push("best time");
  if (sleep.after) parts.push(spell(sleep.after));
  if (sleep.clock) {
    const days = sleep.days ?? 0;
    parts.push(days === 0 ? `at ${sleep.clock}` : `${days} ${days === 1 ? "day" : "days"}, ${sleep.clock}`);
  }
  if (sleep.only) {
    const hours = sleep.only.from && sleep.only.to ? ` ${sleep.only.from}–${sleep.only.to}` : "";
    parts.push(`only ${weekdays(sleep.only.weekdays)}${hours}`);
  }
  return parts.join(", ");
}
