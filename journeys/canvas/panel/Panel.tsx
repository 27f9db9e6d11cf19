/** The panel beside the canvas: what is selected, with its form. */

import { lazy, Suspense, useContext, useEffect, useMemo, useRef, useState } from "react";
import { Icon, IconButton } from "../../../segments/builder/fields/Icon";
import { type Schema, type Stage, stagesOf } from "../forms/schema";
import { DurationField } from "../forms/widgets";
import {
  type Config,
  eventBefore,
  type Finding,
  type Kind,
  type Kinds,
  type Link,
  leadingEvent,
  pathNames,
  type Step,
  stepOf,
  title,
} from "../model/document";
import * as edit from "../model/edit";
import { viaWords } from "../model/words";
import { Around } from "../state/around";
import type { JourneyState } from "../state/useJourney";
import { useTemplates } from "../state/useTemplates";
import { Dialog } from "../view/Dialog";
import { partOf } from "../view/Findings";
import { iconOf } from "../view/icons";
import type { Focus } from "../view/selection";
import { Goals } from "./Goals";
import { contentsOf, Preview } from "./Preview";
import { Setup } from "./Setup";
import { SleepForm } from "./SleepForm";
import { TemplateBar } from "./TemplateBar";
import { TestSend } from "./TestSend";

const ConfigForm = lazy(() => import("../forms/ConfigForm"));

/** What of an engagement node may change while people pass through it (domain 2.5). */
const WHAT = ["content", "provider", "template", "variants", "fallback"];
const NONE: Stage[] = [];

interface Props {
  journey: JourneyState;
  kinds: Kinds;
  focus: Focus;
  providers: Record<string, string[]>;
  onFocus: (focus: Focus) => void;
  onClose: () => void;
}

export function Panel({ journey, kinds, focus, providers, onFocus, onClose }: Props) {
  const { document, checked } = journey;
  const all = journey.editable === "all";
  const step = focus.on === "node" ? stepOf(document, focus.id) : undefined;
  const kind = step ? kinds.get(step.kind) : undefined;
  const stages = useMemo(() => (kind ? stagesOf(kind.schema as Schema) : NONE), [kind]);
  const [at, setAt] = useState(0);
  const body = useRef<HTMLDivElement>(null);

  // Whoever comes for one part of a node finds it; whoever comes for the node begins at its beginning.
  useEffect(() => {
    const part = focus.on === "node" ? focus.part : undefined;
    const found = stages.findIndex((stage) => part && stage.parts.includes(part));
    setAt(part === "window" ? waitsAt(stages) : Math.max(0, found));
  }, [focus, stages]);

  if (focus.on === "nothing" || (focus.on === "node" && !step)) return null;
  const heading = { setup: "Setup", goals: "Goals", entry: "Entry", link: "Link", node: kind?.label ?? "Node" }[
    focus.on
  ];
  const turn = (to: number) => {
    setAt(to);
    body.current?.scrollTo({ top: 0 });
  };
  return (
    <aside className="cv-panel" aria-label={heading} tabIndex={-1}>
      <header>
        <Icon
          name={
            step
              ? iconOf(kind)
              : { setup: "settings", goals: "flag", entry: "login", link: "hourglass_empty", node: "" }[focus.on]
          }
        />
        <h2>
          {heading}
          {step && <small> · node {step.id}</small>}
        </h2>
        <IconButton icon="close" label="Close the panel" onClick={onClose} />
      </header>
      {step && stages.length > 1 && (
        <Stages
          stages={stages}
          at={at}
          findings={checked.findings.filter((finding) => finding.node === step.id)}
          onTurn={turn}
        />
      )}
      <div ref={body} className="cv-panelbody">
        {focus.on === "setup" && <Setup journey={journey} kinds={kinds} />}
        {focus.on === "goals" && <Goals journey={journey} kinds={kinds} at={focus.at} />}
        {focus.on === "entry" && <EntryPanel journey={journey} kinds={kinds} />}
        {focus.on === "link" && <LinkPanel journey={journey} kinds={kinds} link={focus.link} onClose={onClose} />}
        {step && kind && (
          <StepPanel
            key={step.id}
            journey={journey}
            kind={kind}
            step={step}
            stages={stages}
            at={Math.min(at, stages.length - 1)}
            all={all}
            findings={checked.findings.filter((finding) => finding.node === step.id)}
            providers={providers[step.kind] ?? []}
            smsProviders={providers.sms ?? []}
            onRemove={() => {
              journey.edit((now) => edit.removeNodes(now, new Set([step.id])));
              onFocus({ on: "nothing" });
            }}
          />
        )}
      </div>
      {journey.editable !== "none" && (
        <footer>
          {step && at < stages.length - 1 && (
            <button type="button" className="sj-button" onClick={() => turn(at + 1)}>
              Continue: {stages[at + 1]?.label}
            </button>
          )}
          <button
            type="button"
            className="sj-button primary"
            disabled={journey.saving.state === "saving"}
            onClick={async () => {
              if (!journey.dirty || (await journey.save())) onClose();
            }}
          >
            Save & close
          </button>
        </footer>
      )}
    </aside>
  );
}

/** The step in which people's waiting is set: when a message goes out, or the only one there is. */
const waitsAt = (stages: Stage[]): number =>
  Math.max(
    0,
    stages.findIndex((stage) => stage.label === "When"),
  );

interface StagesProps {
  stages: Stage[];
  at: number;
  findings: Finding[];
  onTurn: (to: number) => void;
}

/** The steps of a form. A dot says that something is to be mended in one. */
function Stages({ stages, at, findings, onTurn }: StagesProps) {
  const wrong = new Set(findings.filter((finding) => finding.level === "error").map(partOf));
  return (
    <nav className="cv-stages" aria-label="Steps">
      {stages.map((stage, place) => {
        const marked =
          stage.parts.some((part) => wrong.has(part)) || (wrong.has("window") && place === waitsAt(stages));
        return (
          <button
            key={stage.label}
            type="button"
            aria-current={place === at ? "step" : undefined}
            onClick={() => onTurn(place)}
          >
            {stage.label}
            {marked && <i title="Something is to be mended here" />}
          </button>
        );
      })}
    </nav>
  );
}

interface StepProps {
  journey: JourneyState;
  kind: Kind;
  step: Step;
  stages: Stage[];
  /** Which of them shows. */
  at: number;
  all: boolean;
  findings: Finding[];
  providers: string[];
  smsProviders: string[];
  onRemove: () => void;
}

function StepPanel({ journey, kind, step, stages, at, all, findings, providers, smsProviders, onRemove }: StepProps) {
  const set = (change: Partial<Step>, place: string) =>
    journey.edit((now) => edit.changeNode(now, step.id, change), `${step.id} ${place}`);
  const parts = Object.keys((kind.schema.properties as object | undefined) ?? {});
  const what = journey.editable === "what";
  const changeable = kind.role === "engagement" ? WHAT : kind.name === "intellinode" ? ["paths"] : [];
  const locked = all ? [] : what && changeable.length ? parts.filter((part) => !changeable.includes(part)) : null;
  const bare = parts.length === 0;
  const first = at === 0;
  const event = eventBefore(journey.document, step.id) || leadingEvent(journey.document);
  const untested = useContext(Around).tests[kind.name];
  const templates = useTemplates(kind.role === "engagement" ? kind.name : "");
  const [previewing, setPreviewing] = useState(false);
  const [testing, setTesting] = useState(false);
  return (
    <>
      {first && <p className="subtle">{kind.hint}</p>}
      {what && (
        <p className="sj-notice">
          {changeable.length
            ? "This version is published: what it sends can change, and counts for messages sent after saving."
            : "This version is published: nothing of this node can change. Make a new version for that."}
        </p>
      )}
      <Loose findings={findings} />
      {first && (
        <label className="cv-field">
          <span className="cv-label">Name</span>
          <input
            className="rb-input"
            value={step.name ?? ""}
            maxLength={100}
            disabled={!all}
            placeholder={kind.label}
            onChange={(typed) => set({ name: typed.target.value }, "name")}
          />
        </label>
      )}
      {!bare && (
        <Suspense fallback={<p className="subtle">Loading the form …</p>}>
          <ConfigForm
            schema={kind.schema}
            value={step.config ?? {}}
            only={stages[at]?.parts}
            locked={locked}
            findings={findings}
            providers={providers}
            templates={templates}
            smsProviders={smsProviders}
            event={event}
            onChange={(config) => set({ config }, "config")}
          />
        </Suspense>
      )}
      {kind.role === "engagement" && first && (
        <div className="cv-actions">
          <button type="button" className="sj-button" onClick={() => setPreviewing(true)}>
            <Icon name="visibility" />
            Preview
          </button>
          {untested === "" && (
            <button type="button" className="sj-button" onClick={() => setTesting(true)}>
              <Icon name="send" />
              Send a test
            </button>
          )}
          {journey.editable !== "none" && (
            <TemplateBar
              kind={kind}
              step={step}
              templates={templates}
              onChange={(config) => set({ config }, "template")}
            />
          )}
          {untested && <small className="subtle">{untested}</small>}
        </div>
      )}
      {previewing && (
        <Dialog title={`Preview: ${step.name || kind.label}`} onClose={() => setPreviewing(false)} wide>
          <Preview channel={kind.name} contents={contentsOf(step.config ?? {}, templates.all)} event={event} />
        </Dialog>
      )}
      {testing && (
        <TestSend
          version={journey.version}
          kind={kind}
          step={step}
          contents={contentsOf(step.config ?? {}, templates.all)}
          event={event}
          onClose={() => setTesting(false)}
        />
      )}
      {kind.has_window && at === waitsAt(stages) && (
        <div className="cv-field">
          <span className="cv-label">Qualifying window</span>
          <DurationField
            label="Qualifying window"
            value={step.window ?? "P1D"}
            disabled={!all}
            onChange={(window) => set({ window }, "window")}
          />
          <small className="subtle">
            How long people wait {kind.role === "engagement" ? "for Viewed, Clicked or Delivered" : "here"}. Then they
            take Node timeout, at the next full hour of the account's clock.
          </small>
        </div>
      )}
      {all && first && (
        <button type="button" className="sj-button danger" onClick={onRemove}>
          <Icon name="delete" />
          Remove this node
        </button>
      )}
    </>
  );
}

/** Findings that no field of the form shows: of the flow around the node. */
function Loose({ findings }: { findings: Finding[] }) {
  const loose = findings.filter((finding) => !finding.field || /^(links|window)/.test(finding.field));
  return loose.map((finding) => (
    <p key={finding.message} className={`sj-notice ${finding.level === "error" ? "bad" : "warn"}`}>
      {finding.message}
    </p>
  ));
}

function EntryPanel({ journey, kinds }: { journey: JourneyState; kinds: Kinds }) {
  const { document } = journey;
  const segment = document.entry?.segment;
  const criteria = document.entry?.criteria ?? "live";
  const kind = kinds.get(segment?.kind ?? "");
  const all = journey.editable === "all";
  const offered = [...kinds.values()].filter((it) => it.entry.includes(criteria));
  const findings = journey.checked.findings
    .filter((finding) => finding.field.startsWith("entry.segment"))
    .map((finding) => ({ ...finding, field: finding.field.slice("entry.segment".length).replace(/^\./, "") }));
  return (
    <>
      <p className="subtle">
        {criteria === "live"
          ? "People enter when they do this, from the start on."
          : "At each run, everyone who matches enters."}{" "}
        Choose between the two under Setup.
      </p>
      <Loose findings={findings} />
      <label className="cv-field">
        <span className="cv-label">Who enters</span>
        <select
          className="rb-select"
          disabled={!all}
          value={segment?.kind ?? ""}
          onChange={(chosen) =>
            journey.edit((now) => edit.setEntry(now, { segment: edit.newBody(chosen.target.value) }))
          }
        >
          {!segment && <option value="">Choose a segment</option>}
          {offered.map((it) => (
            <option key={it.name} value={it.name}>
              {it.label}
            </option>
          ))}
        </select>
      </label>
      {segment && kind && (
        <Suspense fallback={<p className="subtle">Loading the form …</p>}>
          <ConfigForm
            key={kind.name}
            schema={kind.schema}
            value={edit.bodyConfig(segment)}
            locked={all ? [] : null}
            findings={findings}
            providers={[]}
            onChange={(config: Config) =>
              journey.edit((now) => edit.setEntry(now, { segment: edit.withConfig(segment, config) }), "entry config")
            }
          />
        </Suspense>
      )}
    </>
  );
}

function LinkPanel({
  journey,
  kinds,
  link,
  onClose,
}: {
  journey: JourneyState;
  kinds: Kinds;
  link: Link;
  onClose: () => void;
}) {
  const now = journey.document.links?.find((it) => edit.sameLink(it, link));
  if (!now) return <p className="subtle">This link is gone.</p>;
  const name = (id: number | "entry") => {
    const step = id === "entry" ? undefined : stepOf(journey.document, id);
    return step ? `${step.id} · ${title(step, kinds)}` : "Entry";
  };
  const all = journey.editable === "all";
  return (
    <>
      <p>
        <b>{name(now.from)}</b>,{" "}
        {viaWords(now.via, now.from === "entry" ? [] : pathNames(stepOf(journey.document, now.from)))} →{" "}
        <b>{name(now.to)}</b>
      </p>
      <SleepForm
        sleep={now.sleep ?? null}
        editable={all}
        onChange={(sleep) => journey.edit((it) => edit.setSleep(it, now, sleep), `sleep ${now.from} ${now.via}`)}
      />
      {all && (
        <button
          type="button"
          className="sj-button danger"
          onClick={() => {
            journey.edit((it) => edit.disconnect(it, [now]));
            onClose();
          }}
        >
          <Icon name="link_off" />
          Remove this link
        </button>
      )}
    </>
  );
}
