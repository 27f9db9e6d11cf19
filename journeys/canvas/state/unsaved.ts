/** Unsaved work, kept in this browser for each person and version until it is saved (domain 2.4). */

import type { JourneyDocument } from "../model/document";

export interface Unsaved {
  document: JourneyDocument;
  /** The digest of what it was made from; empty for a journey that is not saved yet. */
  seen: string;
  /** When, in milliseconds. */
  at: number;
}

const PREFIX = "sojourn canvas";
const key = (user: string, place: string) => `${PREFIX} ${user} ${place}`;

export function keep(user: string, place: string, unsaved: Unsaved): void {
  try {
    localStorage.setItem(key(user, place), JSON.stringify(unsaved));
  } catch {
    // A full or forbidden store: the work is still on the page, and leaving it asks.
  }
}

export function kept(user: string, place: string): Unsaved | null {
  try {
    const text = localStorage.getItem(key(user, place));
    return text ? (JSON.parse(text) as Unsaved) : null;
  } catch {
    return null;
  }
}

export function forget(user: string, place: string): void {
  try {
    localStorage.removeItem(key(user, place));
  } catch {
    // Nothing was kept.
  }
}

export interface Left extends Unsaved {
  place: string;
  journey: number;
  version: number;
}

/** All work of somebody that this browser keeps, the newest first. */
export function allKept(user: string): Left[] {
  try {
    const start = key(user, "");
    const places = Object.keys(localStorage).flatMap((it) => (it.startsWith(start) ? [it.slice(start.length)] : []));
    const found = places.flatMap((place) => {
      const [, journey, version] = /^(\d+) v(\d+)$/.exec(place) ?? [];
      const unsaved = journey ? kept(user, place) : null;
      return unsaved ? [{ ...unsaved, place, journey: Number(journey), version: Number(version) }] : [];
    });
    return found.sort((one, other) => other.at - one.at);
  } catch {
    return []; // a forbidden store
  }
}
