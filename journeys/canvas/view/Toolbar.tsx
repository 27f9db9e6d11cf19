/** The bar above the canvas: which version this is, its tools, and what can be done with it. */

import { useRef } from "react";
import { Icon, IconButton } from "../../../segments/builder/fields/Icon";
import { Menu } from "../../../segments/builder/fields/Menu";
import * as calls from "../calls";
import type { JourneyState } from "../state/useJourney";
import { FileInput } from "./FileInput";

interface Props {
  journey: JourneyState;
  view: "canvas" | "list";
  errors: number;
  warnings: number;
  compared: number | null;
  /** The canvas fills the window. */
  wide: boolean;
  onWide: () => void;
  onView: (view: "canvas" | "list") => void;
  onAlign: () => void;
  onChecks: () => void;
  onShortcuts: () => void;
  /** null: whoever looks may not. */
  onRehearse: (() => void) | null;
  onSetup: () => void;
  onVersion: (number: number) => void;
  onMove: (move: string) => void;
  /** A document is to take the place of this one; null: it may not. */
  onFile: ((file: File) => void) | null;
  onCompare: (number: number | null) => void;
}

const MOVES: Record<string, [string, string]> = {
  publish: ["rocket_launch", "Publish"],
  ask: ["how_to_reg", "Ask for approval"],
  pause: ["pause", "Pause"],
  resume: ["play_arrow", "Resume"],
  stop: ["stop", "Stop"],
  revise: ["edit", "New version"],
  clone: ["content_copy", "Clone"],
  archive: ["archive", "Archive"],
  unarchive: ["unarchive", "Unarchive"],
};
const BESIDE = ["pause", "resume", "revise"]; // what has a button; the rest is in the menu

export function Toolbar(props: Props) {
  const { journey, view, errors, warnings, compared } = props;
  const { version, document, editable, dirty, saving } = journey;
  const offered = version.moves.map((move) => move.name);
  const others = offered.filter((move) => !BESIDE.includes(move) && move !== "publish");
  const saveable = editable !== "none";
  const file = useRef<HTMLInputElement>(null);
  return (
    <div className="cv-toolbar" role="toolbar" aria-label="Journey">
      <button type="button" className="cv-title" onClick={props.onSetup} title="Name, description and setup">
        {document.name || "(no name)"}
      </button>
      <span className={`sj-label ${version.status}`}>{version.status}</span>
      <select
        className="rb-select"
        aria-label="Version"
        value={version.number}
        onChange={(chosen) => props.onVersion(Number(chosen.target.value))}
      >
        {version.journey.versions.map((it) => (
          <option key={it.number} value={it.number}>
            Version {it.number} · {it.status}
          </option>
        ))}
      </select>
      <span className="cv-saved subtle" role="status">
        {saving.state === "saving" ? (
          "Saving …"
        ) : saving.state === "failed" ? (
          <span className="bad">{saving.message}</span>
        ) : dirty ? (
          "Not saved"
        ) : saveable ? (
          "Saved"
        ) : (
          "Read-only"
        )}
      </span>
      <span className="cv-tools">
        <IconButton icon="undo" label="Undo (Ctrl+Z)" disabled={!journey.canUndo} onClick={journey.undo} />
        <IconButton icon="redo" label="Redo (Ctrl+Shift+Z)" disabled={!journey.canRedo} onClick={journey.redo} />
        {editable === "all" && (
          <IconButton icon="auto_awesome_mosaic" label="Auto align & space (A)" onClick={props.onAlign} />
        )}
        <IconButton
          icon={view === "list" ? "account_tree" : "table_rows"}
          label={view === "list" ? "Canvas (L)" : "List view (L)"}
          onClick={() => props.onView(view === "list" ? "canvas" : "list")}
        />
        <IconButton
          icon={props.wide ? "fullscreen_exit" : "fullscreen"}
          label={props.wide ? "Back to the page (W)" : "Fill the window (W)"}
          aria-pressed={props.wide}
          onClick={props.onWide}
        />
        <IconButton icon="keyboard" label="Keyboard shortcuts (?)" onClick={props.onShortcuts} />
        {version.journey.versions.length > 1 && (
          <select
            className="rb-select"
            aria-label="Compare with"
            value={compared ?? ""}
            onChange={(chosen) => props.onCompare(chosen.target.value ? Number(chosen.target.value) : null)}
          >
            <option value="">Compare …</option>
            {version.journey.versions
              .filter((it) => it.number !== version.number)
              .map((it) => (
                <option key={it.number} value={it.number}>
                  with version {it.number}
                </option>
              ))}
          </select>
        )}
      </span>
      <span className="cv-acts">
        <button
          type="button"
          className={`sj-chip ${errors ? "bad" : warnings ? "warn" : "good"}`}
          onClick={props.onChecks}
          title="What the checks found (P)"
        >
          <Icon name={errors ? "error" : warnings ? "warning" : "check_circle"} />
          {errors ? `${errors} to mend` : warnings ? `${warnings} to look at` : "All well"}
        </button>
        {props.onRehearse && (
          <button
            type="button"
            className="sj-button"
            title="Play it on what people did lately; nothing is sent"
            onClick={props.onRehearse}
          >
            <Icon name="science" />
            Rehearse
          </button>
        )}
        {saveable && (
          <button
            type="button"
            className="sj-button"
            disabled={!dirty || saving.state === "saving"}
            onClick={() => void journey.save()}
          >
            Save
          </button>
        )}
        {BESIDE.filter((move) => offered.includes(move)).map((move) => (
          <button key={move} type="button" className="sj-button" onClick={() => props.onMove(move)}>
            <Icon name={MOVES[move]?.[0] ?? ""} />
            {MOVES[move]?.[1]}
          </button>
        ))}
        {offered.includes("publish") && (
          <button type="button" className="sj-button primary" onClick={() => props.onMove("publish")}>
            <Icon name="rocket_launch" />
            Publish
          </button>
        )}
        <Menu
          label="More"
          icon="more_vert"
          choices={[
            ...others.map((move) => ({ key: move, icon: MOVES[move]?.[0] ?? "", label: MOVES[move]?.[1] ?? move })),
            { key: "yaml", icon: "download", label: "Export as YAML" },
            { key: "json", icon: "download", label: "Export as JSON" },
            // Whoever may make a journey there too takes it along.
            ...(offered.includes("clone")
              ? [{ key: "another", icon: "drive_file_move", label: "Export for another project" }]
              : []),
            ...(props.onFile ? [{ key: "file", icon: "upload", label: "Replace by a file" }] : []),
          ]}
          onChoose={(key) => {
            if (key === "file") file.current?.click();
            else if (key === "yaml" || key === "json")
              location.assign(calls.exportAddress(version.journey.id, version.number, key));
            else if (key === "another")
              location.assign(calls.exportAddress(version.journey.id, version.number, "yaml", true));
            else props.onMove(key);
          }}
        />
        <FileInput field={file} onFile={(given) => props.onFile?.(given)} />
      </span>
    </div>
  );
}
