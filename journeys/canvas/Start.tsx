/** The beginning of a journey: what to start from, and what to call it. */

import { useRef, useState } from "react";
import * as calls from "./calls";
import type { Starter } from "./Page";

interface Props {
  starters: Starter[];
  onOpen: (journey: number) => void;
}

export function Start({ starters, onOpen }: Props) {
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
        <button type="submit" className="sj-button primary" disabled={!name.trim() || state === "making"}>
          {state === "making" ? "Making it …" : "Start"}
        </button>
        <button type="button" className="sj-button" onClick={() => file.current?.click()}>
          From a YAML or JSON file
        </button>
        <input
          ref={file}
          type="file"
          accept=".yaml,.yml,.json"
          hidden
          aria-label="A journey document"
          onChange={(picked) => {
            const given = picked.target.files?.[0];
            if (given) void read(given);
            picked.target.value = "";
          }}
        />
      </div>
      {state && state !== "making" && <p className="sj-notice bad">{state}</p>}
    </form>
  );
}
