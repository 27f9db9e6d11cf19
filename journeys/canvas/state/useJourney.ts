/** The journey on the page: its document with undo, what the checks say of it, and saving. */

import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { ApiError, isAbort } from "../../../config/islands/api";
import { useGuard } from "../../../config/islands/useGuard";
import { begin, change, redo, type Steps, undo } from "../../../segments/builder/undo";
import * as calls from "../calls";
import type { JourneyDocument } from "../model/document";
import { forget, keep, kept, type Unsaved } from "./unsaved";

const PAUSE = 500; // milliseconds without an edit before the checks are asked and the work is kept

export type Saving = { state: "idle" | "saving" | "conflict" } | { state: "failed"; message: string };

export interface JourneyState {
  version: calls.VersionAnswer;
  document: JourneyDocument;
  checked: calls.Checked;
  /** The checks are of an earlier document. */
  stale: boolean;
  editable: "all" | "what" | "none";
  dirty: boolean;
  saving: Saving;
  /** Work of an earlier visit that was never saved. */
  left: Unsaved | null;
  canUndo: boolean;
  canRedo: boolean;
  /** Change the document. place: quick changes of one place are one step of undo. */
  edit: (next: JourneyDocument | ((now: JourneyDocument) => JourneyDocument), place?: string) => void;
  undo: () => void;
  redo: () => void;
  save: (force?: boolean) => Promise<boolean>;
  /** Take over what the server says of the version now, and drop what is on the page. */
  take: (version: calls.VersionAnswer) => void;
  restore: () => void;
  discard: () => void;
}

export function useJourney(first: calls.VersionAnswer, user: string): JourneyState {
  const [version, setVersion] = useState(first);
  const [steps, setSteps] = useState<Steps<JourneyDocument>>(() => begin(first.document));
  const [saved, setSaved] = useState<JourneyDocument>(first.document);
  const [checked, setChecked] = useState<calls.Checked>(first);
  const [stale, setStale] = useState(false);
  const [saving, setSaving] = useState<Saving>({ state: "idle" });
  /** The digest of what the document on the page was made from. */
  const [seen, setSeen] = useState(first.digest);
  const place = `${version.journey.id} v${version.number}`;
  const [left, setLeft] = useState<Unsaved | null>(() => unfinished(first, kept(user, place)));
  const document = steps.present;
  const dirty = document !== saved;
  const editable = version.editable;

  const latest = useRef(document);
  latest.current = document;

  useEffect(() => {
    if (document === version.document) {
      setChecked(version);
      setStale(false);
      return;
    }
    const abort = new AbortController();
    setStale(true);
    const wait = setTimeout(() => {
      keep(user, place, { document, seen, at: Date.now() });
      calls.check(document, version.journey.id, abort.signal).then(
        (told) => {
          setChecked(told);
          setStale(false);
        },
        (error: unknown) => {
          if (!isAbort(error)) setStale(false); // the last answer stays; saving will say what is wrong
        },
      );
    }, PAUSE);
    return () => {
      clearTimeout(wait);
      abort.abort();
    };
  }, [document, version, seen, user, place]);

  useGuard(dirty && saving.state !== "conflict"); // looking at theirs loses nothing: ours is kept

  const edit = useCallback<JourneyState["edit"]>(
    (next, where = "") => {
      if (editable === "none") return;
      setSteps((now) => {
        const made = typeof next === "function" ? next(now.present) : next;
        return made === now.present ? now : change(now, made, where, Date.now());
      });
    },
    [editable],
  );

  const take = useCallback(
    (told: calls.VersionAnswer) => {
      forget(user, place);
      setVersion(told);
      setSeen(told.digest);
      setSteps(begin(told.document));
      setSaved(told.document);
      setLeft(null);
      setSaving({ state: "idle" });
    },
    [user, place],
  );

  const save = useCallback(
    async (force = false) => {
      const sent = latest.current;
      setSaving({ state: "saving" });
      try {
        const told = await calls.save(version.journey.id, version.number, sent, seen, force);
        forget(user, place);
        setVersion(told);
        setSeen(told.digest);
        setSaved(sent);
        if (latest.current === sent) setChecked(told);
        setSaving({ state: "idle" });
        return true;
      } catch (error) {
        if (error instanceof ApiError && error.code === "changed") setSaving({ state: "conflict" });
        else setSaving({ state: "failed", message: error instanceof Error ? error.message : String(error) });
        return false;
      }
    },
    [version, seen, user, place],
  );

  return useMemo(
    () => ({
      version,
      document,
      checked,
      stale,
      editable,
      dirty,
      saving,
      left,
      canUndo: steps.past.length > 0,
      canRedo: steps.future.length > 0,
      edit,
      undo: () => setSteps(undo),
      redo: () => setSteps(redo),
      save,
      take,
      restore: () => {
        if (left) {
          edit(left.document);
          setSeen(left.seen); // somebody may have saved since: then saving asks
        }
        setLeft(null);
      },
      discard: () => {
        forget(user, place);
        setLeft(null);
      },
    }),
    [version, document, checked, stale, editable, dirty, saving, left, steps, edit, save, take, user, place],
  );
}

/** Kept work that the server does not have, and may still be given. */
function unfinished(version: calls.VersionAnswer, found: Unsaved | null): Unsaved | null {
  if (!found || version.editable === "none") return null;
  return JSON.stringify(found.document) === JSON.stringify(version.document) ? null : found;
}
