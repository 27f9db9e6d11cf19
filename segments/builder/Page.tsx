/** The page of a saved segment: its name, its rule, and beside them whom the rule finds. */

import { useEffect, useState } from "react";
import { ApiError, type Problem } from "../../config/islands/api";
import { Dialog } from "../../config/islands/Dialog";
import { useGuard } from "../../config/islands/useGuard";
import * as calls from "./calls";
import { Examples } from "./Examples";
import { Select } from "./fields/basic";
import { Icon } from "./fields/Icon";
import { useCheck, useCount, useSamples } from "./hooks";
import { RuleEditor } from "./RuleEditor";
import type { Rule } from "./rule";
import { CountCard, SamplesCard } from "./sidebar/Audience";
import { HistoryCard, UsedCard } from "./sidebar/Saved";
import { toTree } from "./tree";
import { isUnfinished } from "./unfinished";

interface Props {
  /** null: a new segment. */
  segmentId: number | null;
  /** What the signed-in person may do. samples: see who people are. */
  may: { save: boolean; delete: boolean; samples: boolean };
  /** list: of all segments. */
  urls: { list: string };
}

interface Draft {
  name: string;
  description: string;
  kind: string;
  rule: Rule | null;
}

const EMPTY: Draft = { name: "", description: "", kind: "past", rule: null };
const KINDS = [
  ["past", "Past behaviour"],
  ["live", "Live behaviour"],
] as const;

/** Loads what is saved, then shows it. */
export default function Page(props: Props) {
  const [saved, setSaved] = useState<calls.Segment | null>(null);
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    if (props.segmentId !== null)
      calls.load(props.segmentId).then(setSaved, (failed: Error) => setError(failed.message));
  }, [props.segmentId]);
  if (error) {
    return (
      <div className="sj-notice bad" role="alert">
        {error}
      </div>
    );
  }
  if (props.segmentId !== null && saved === null) return <p className="subtle">Loading…</p>;
  return <Builder {...props} saved={saved} onSaved={setSaved} />;
}

type BuilderProps = Props & { saved: calls.Segment | null; onSaved: (segment: calls.Segment) => void };

function Builder({ may, urls, saved, onSaved }: BuilderProps) {
  const [draft, setDraft] = useState<Draft>(() => (saved ? drafted(saved) : EMPTY));
  const [kept, setKept] = useState(draft); // as it is saved
  const [finished, setFinished] = useState(saved !== null);
  const [start, setStart] = useState<Rule | null>(saved?.rule ?? null);
  const [asking, setAsking] = useState<"copy" | "remove" | null>(null);
  const [state, setState] = useState<"idle" | "saving" | "saved">("idle");
  const [failure, setFailure] = useState<ApiError | null>(null);
  const [leaving, setLeaving] = useState(false);

  const rule = finished ? draft.rule : null;
  const dirty = !leaving && JSON.stringify(draft) !== JSON.stringify(kept);
  useGuard(dirty);
  const checked = useCheck(rule, { name: draft.name, kind: draft.kind, id: saved?.id });
  const problems = (failure?.problems.length ? failure.problems : (checked.answer?.problems ?? [])).map(inRule);
  const elsewhere = problems.filter((problem) => !problem.inRule);
  const wrong = problems.some((problem) => problem.level === "error");
  const wrongRule = problems.some((problem) => problem.level === "error" && problem.inRule);
  const countable = wrongRule && !checked.stale ? null : rule;
  const counted = useCount(countable, checked.stale);
  const samples = useSamples(may.samples ? countable : null, checked.stale);
  const idle =
    draft.rule === null
      ? "Add a condition to see whom it finds."
      : !finished
        ? "Finish the marked conditions to see whom they find."
        : countable === null
          ? "Something in the rule is wrong; see there."
          : null;

  const put = (change: Partial<Draft>) => {
    setDraft((before) => ({ ...before, ...change }));
    setFailure(null);
    setState("idle");
  };
  const edit = (next: Rule | null, complete: boolean) => {
    put({ rule: next });
    setFinished(complete && next !== null);
  };
  const begin = (next: Rule) => {
    setStart({ ...next });
    edit(next, !isUnfinished(toTree(next)));
  };

  const ready = draft.name.trim() !== "" && rule !== null && !wrong && state !== "saving";
  const attempt = async (send: () => Promise<void>) => {
    setState("saving");
    setFailure(null);
    try {
      await send();
      setState("saved");
    } catch (error) {
      setState("idle");
      setFailure(error instanceof ApiError ? error : new ApiError(0, "unknown", String(error)));
    }
  };
  const go = (url: string) => {
    setLeaving(true);
    setTimeout(() => window.location.assign(url)); // after the guard has been lifted
  };
  const save = () =>
    attempt(async () => {
      if (rule === null) return;
      const sent = { ...draft, rule, name: draft.name.trim() };
      if (saved) {
        const fresh = await calls.update(saved.id, { ...sent, version: saved.version });
        onSaved(fresh);
        setKept(draft);
      } else go((await calls.create(sent)).url);
    });
  const copy = (name: string) =>
    attempt(async () => {
      if (rule !== null) go((await calls.create({ ...draft, rule, name })).url);
    });
  const remove = () =>
    attempt(async () => {
      if (saved) await calls.remove(saved.id);
      go(urls.list);
    });

  useEffect(() => {
    const onKeyDown = (press: KeyboardEvent) => {
      if (!(press.ctrlKey || press.metaKey) || press.key.toLowerCase() !== "s") return;
      press.preventDefault();
      if (ready && dirty && may.save) void save();
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  });

  return (
    <>
      <header className="rb-page-head">
        <div className="rb-names">
          <input
            className="rb-name"
            aria-label="Name of the segment"
            placeholder="Name this segment"
            maxLength={100}
            value={draft.name}
            onChange={(change) => put({ name: change.target.value })}
          />
          <input
            className="rb-description"
            aria-label="What it is for"
            placeholder="What it is for (optional)"
            maxLength={1000}
            value={draft.description}
            onChange={(change) => put({ description: change.target.value })}
          />
        </div>
        <div className="rb-buttons">
          <span className="rb-state" role="status">
            {state === "saving"
              ? "Saving …"
              : state === "saved" && !dirty
                ? "Saved"
                : dirty && saved
                  ? "Unsaved changes"
                  : ""}
          </span>
          {saved && may.delete && (
            <button type="button" className="sj-button danger" onClick={() => setAsking("remove")}>
              <Icon name="delete" />
              Delete
            </button>
          )}
          {saved && may.save && (
            <button
              type="button"
              className="sj-button"
              disabled={rule === null || wrong}
              onClick={() => setAsking("copy")}
            >
              Save as …
            </button>
          )}
          {may.save && (
            <button type="button" className="sj-button primary" disabled={!ready || !dirty} onClick={() => void save()}>
              Save
            </button>
          )}
        </div>
      </header>
      {failure && !asking && (
        <div className="sj-notice bad" role="alert">
          {failure.message}
        </div>
      )}
      {elsewhere.map((problem) => (
        <div key={problem.message} className={`sj-notice ${problem.level === "error" ? "bad" : "warn"}`}>
          {problem.message}
        </div>
      ))}
      <div className="rb-columns">
        <div className="rb-main">
          <section className="sj-card rb-card" aria-label="Rule">
            <RuleEditor
              rule={start}
              onChange={edit}
              problems={problems.filter((problem) => problem.inRule)}
              empty={<Examples onChoose={begin} />}
              title={
                <>
                  <Select
                    label="Kind of segment"
                    value={draft.kind}
                    options={KINDS}
                    onChange={(kind) => put({ kind })}
                  />
                  <span className="subtle">
                    {draft.kind === "live"
                      ? "People come in the moment they do what it asks for."
                      : "Whom the stored history finds at the moment it is asked."}
                  </span>
                </>
              }
            />
          </section>
          {saved && (
            <div className="rb-facts">
              <HistoryCard id={saved.id} version={saved.version} />
              <UsedCard users={saved.used_by} />
            </div>
          )}
        </div>
        <aside className="rb-side" aria-label="Whom the rule finds">
          <CountCard counted={counted} idle={idle} />
          <Sentence asked={checked} />
          {may.samples && <SamplesCard asked={samples} idle={idle !== null} />}
        </aside>
      </div>
      {asking === "copy" && (
        <CopyDialog
          name={draft.name}
          error={failure?.message}
          busy={state === "saving"}
          onDo={copy}
          onClose={() => setAsking(null)}
        />
      )}
      {asking === "remove" && (
        <Dialog
          title={`Delete “${saved?.name}”?`}
          action="Delete"
          danger
          busy={state === "saving"}
          error={failure?.message}
          onDo={() => void remove()}
          onClose={() => setAsking(null)}
        >
          <p>The segment and its count history are gone for good. The people in it stay.</p>
        </Dialog>
      )}
    </>
  );
}

/** The rule in English. */
function Sentence({ asked: { answer, stale } }: { asked: ReturnType<typeof useCheck> }) {
  if (!answer?.sentence) return null;
  return (
    <section className={`sj-card ${stale ? "stale" : ""}`} aria-labelledby="sentence">
      <h2 id="sentence">In words</h2>
      <p className="body rb-sentence">Everyone who {answer.sentence}.</p>
    </section>
  );
}

interface CopyProps {
  name: string;
  error?: string;
  busy: boolean;
  onDo: (name: string) => void;
  onClose: () => void;
}

function CopyDialog({ name: old, error, busy, onDo, onClose }: CopyProps) {
  const [name, setName] = useState(`${old.trim()} (copy)`);
  return (
    <Dialog
      title="Save as a new segment"
      action="Save"
      busy={busy || !name.trim()}
      error={error}
      onDo={() => onDo(name.trim())}
      onClose={onClose}
    >
      <input
        className="sj-input"
        aria-label="Name"
        maxLength={100}
        value={name}
        onChange={(change) => setName(change.target.value)}
      />
    </Dialog>
  );
}

const drafted = ({ name, description, kind, rule }: calls.Segment): Draft => ({ name, description, kind, rule });

/** A problem with its place in the rule itself: the API says where it is in what was sent. */
function inRule(problem: Problem): Problem & { inRule: boolean } {
  const elsewhere = ["name", "description", "kind", "version"].includes(problem.field);
  return { ...problem, field: problem.field.replace(/^rule(\.|$)/, ""), inRule: !elsewhere };
}
