/** Unsaved work, kept in this browser for each person and version until it is saved (domain 2.4). */

import type { JourneyDocument } from "../model/document";

export interface Unsaved {
  document: JourneyDocument;
  /** The digest of what it was made from; empty for a journey that is not saved yet. */
  seen: string;
  /** When, in milliseconds. */
  at: number;
}

const key = (user: string, place: string) => `sojourn canvas ${user} ${place}`;

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
