/** The beginning of a journey: what to start from, and what to call it. */

import { Fragment, useRef, useState } from "react";
import { Icon } from "../../segments/builder/fields/Icon";
import * as calls from "./calls";
import { type JourneyDocument, type Kinds, linksOf, nodesOf } from "./model/document";
import type { Starter } from "./Page";
import { allKept, forget } from "./state/unsaved";
import { FileInput } from "./view/FileInput";
import { iconOf } from "./view/icons";

interface Props {
  starters: Starter[];
  /** null: not known yet. */
  kinds: Kinds | null;
  user: string;
  onOpen: (journey: number, version?: number) => void;
}

export function Start({ starters, kinds, user, onOpen }: Props) {
  const [left, setLeft] = useState(() => allKept(user));
  const [chosen, setChosen] = useState<Starter | null>(starters[0] ?? null);
  const [name, setName] = useState(chosen?.name ?? "");
  const [state, setState] = useState<"" | "making" | string>("");
  const file = useRef<HTMLInputElement>(null);

  const make = async (document: Record<string, unknown>) => {
    setState("making");
    try {
      const made = await calls.create(document);
      onOpen(made.journey.id);
    } catch (error) {
      setState(error instanceof Error ? error.message : String(error));
    }
  };
  const read = async (given: File) => {
    setState("making");
    try {
      const { document } = await calls.read(await given.text());
      await make(document);
    } catch (error) {
      setState(error instanceof Error ? error.message : String(error));
    }
  };

  return (
    <form
      className="cv-begin"
      onSubmit={(submit) => {
        submit.preventDefault();
        if (chosen && name.trim()) void make({ ...chosen.document, name: name.trim() });
      }}
    >
      {left.map((work) => (
        <div key={work.place} className="sj-notice warn cv-restore">
          <span>
            Work on “{work.document.name || "no name"}” of {new Date(work.at).toLocaleString()} was never saved.
          </span>
          <button type="button" className="sj-button" onClick={() => onOpen(work.journey, work.version)}>
            Go on with it
          </button>
          <button
            type="button"
            className="sj-button"
            onClick={() => {
              forget(user, work.place);
              setLeft(allKept(user));
            }}
          >
            Forget it
          </button>
        </div>
      ))}
      <h2>What is the journey to do?</h2>
      <p className="subtle">
        Each of these can be published as it is, after you have put your own events and words in. Everything can be
        changed.
      </p>
      <div className="cv-starters" role="radiogroup" aria-label="What to start from">
        {starters.map((starter) => (
          <label key={starter.key} className={chosen === starter ? "on" : ""}>
            <input
              type="radio"
              name="starter"
              checked={chosen === starter}
              onChange={() => {
                setChosen(starter);
                setName(starter.name);
              }}
            />
            <b>{starter.name || "An empty canvas"}</b>
            <span>{starter.hint}</span>
            {kinds && <Chain document={starter.document} kinds={kinds} />}
          </label>
        ))}
      </div>
      <label className="cv-field">
        <span className="cv-label">Its name</span>
        <input
          className="rb-input"
          value={name}
          maxLength={100}
          required
          placeholder="For example: Spring welcome"
          onChange={(typed) => setName(typed.target.value)}
        />
      </label>
      <div className="sj-bar">
        <button type="submit" className="sj-button primary" disabled={state === "making"}>
          {state === "making" ? "Making it …" : "Start"}
        </button>
        <button type="button" className="sj-button" onClick={() => file.current?.click()}>
          From a YAML or JSON file
        </button>
        <FileInput field={file} onFile={(given) => void read(given)} />
      </div>
      {state && state !== "making" && <p className="sj-notice bad">{state}</p>}
    </form>
  );
}

const MOST = 7; // symbols in a row

/** The longest way through a journey in symbols: who enters, what comes after. */
function Chain({ document, kinds }: { document: JourneyDocument; kinds: Kinds }) {
  const follow = (from: number | "entry", seen: number[]): number[] => {
    const ahead = linksOf(document).filter((link) => link.from === from && !seen.includes(link.to));
    const ways = ahead.map((link) => [link.to, ...follow(link.to, [...seen, link.to])]);
    return ways.sort((one, other) => other.length - one.length)[0] ?? [];
  };
  const kindOf = new Map(nodesOf(document).map((step) => [step.id, step.kind]));
  const entry = document.entry?.segment?.kind;
  const way = [entry, ...follow("entry", []).map((id) => kindOf.get(id))].filter((name) => name !== undefined);
  if (way.length < 2) return null;
  return (
    <span className="cv-chain" aria-hidden="true">
      {way.slice(0, MOST).map((name, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a symbol is known by its place alone
        <Fragment key={at}>
          {at > 0 && <Icon name="arrow_right_alt" />}
          <span className={`cv-symbol ${kinds.get(name)?.role ?? ""}`}>
            <Icon name={iconOf(kinds.get(name))} />
          </span>
        </Fragment>
      ))}
    </span>
  );
}
