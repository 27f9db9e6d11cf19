/** One version of a journey on the canvas: palette, board, panel, toolbar, and every way to change it. */

import { useCallback, useContext, useEffect, useMemo, useRef, useState } from "react";
import * as calls from "./calls";
import { compare } from "./model/diff";
import {
  goalsOf,
  type JourneyDocument,
  type Kind,
  type Kinds,
  type Link,
  linksOf,
  nodesOf,
  stepOf,
} from "./model/document";
import * as edit from "./model/edit";
import { arrows, type Arrow as Drawn, WIDTH } from "./model/graph";
import { Panel } from "./panel/Panel";
import { Around } from "./state/around";
import { useJourney } from "./state/useJourney";
import { useRehearsal } from "./state/useRehearsal";
import { type Board, Canvas } from "./view/Canvas";
import { Connect } from "./view/Connect";
import { SharedContext } from "./view/context";
import { Dialog } from "./view/Dialog";
import { Findings } from "./view/Findings";
import { ListView } from "./view/ListView";
import { align } from "./view/layout";
import { Moves } from "./view/Moves";
import { Palette } from "./view/Palette";
import { AskRehearsal, Paths, RehearsalBanner } from "./view/Rehearse";
import { Shortcuts } from "./view/Shortcuts";
import { type Focus, NOTHING } from "./view/selection";
import { Toolbar } from "./view/Toolbar";

interface Props {
  first: calls.VersionAnswer;
  kinds: Kinds;
  user: string;
  providers: Record<string, string[]>;
  onOpen: (journey: number, version?: number) => void;
}

type Shown = "" | "checks" | "shortcuts" | "rehearse" | "paths" | { connect: number | "entry" } | { move: string };
const CLIPBOARD = "sojourn nodes";

export function Editor({ first, kinds, user, providers, onOpen }: Props) {
  const journey = useJourney(first, user);
  const { document, version, checked } = journey;
  const [focus, setFocus] = useState<Focus>(NOTHING);
  const [selected, setSelected] = useState<Set<string>>(new Set());
  const [links, setLinks] = useState<Link[]>([]);
  const [view, setView] = useState<"canvas" | "list">("canvas");
  const [shown, setShown] = useState<Shown>("");
  const [said, setSaid] = useState("");
  const [other, setOther] = useState<{ number: number; document: JourneyDocument } | null>(null);
  const rehearsal = useRehearsal();
  const result = rehearsal.now?.result;
  const numbers = useMemo(() => (result ? new Map(result.nodes.map((node) => [node.number, node])) : null), [result]);
  const { rehearse } = useContext(Around);
  const board = useRef<Board | null>(null);
  const root = useRef<HTMLDivElement>(null);
  const all = journey.editable === "all";
  const difference = useMemo(() => (other ? compare(other.document, document) : null), [other, document]);
  // Numbers that were given once stay taken while the page is open, and those of earlier versions for ever.
  const taken = useRef<Set<number>>(new Set());
  for (const step of nodesOf(document)) taken.current.add(step.id);

  const select = useCallback((ids: string[]) => setSelected(new Set(ids)), []);
  const chosen = useMemo(
    () => new Set([...selected].map(Number).filter((id) => stepOf(document, id))),
    [selected, document],
  );

  const onSelect = useCallback((ids: string[], drawn: Drawn[]) => {
    setSelected(new Set([...ids, ...drawn.map((arrow) => arrow.id)]));
    setLinks(drawn.flatMap((arrow) => arrow.links));
    const [only] = ids;
    if (ids.length === 1 && drawn.length === 0 && only) {
      if (only !== "entry") setFocus({ on: "node", id: Number(only) });
    } else if (ids.length > 1 || drawn.length) setFocus((now) => (now.on === "node" ? NOTHING : now));
  }, []);

  const add = (kind: Kind, at?: [number, number]) => {
    if (!all) return;
    const number = edit.nextNumber(document, taken.current);
    const behind = at ? null : behindWhat(document, chosen, checked, kinds);
    const place = at ?? behind?.at ?? [WIDTH + 130, 0];
    journey.edit((now) => {
      const made = edit.addNode(now, kind, place, number);
      return behind ? edit.connect(made, { from: behind.from, via: behind.via, to: number }, kinds) : made;
    });
    select([String(number)]);
    setFocus({ on: "node", id: number });
    setSaid(
      `Added ${kind.label} as node ${number}${behind ? `, behind ${behind.from === "entry" ? "the entry" : `node ${behind.from}`}` : ""}.`,
    );
  };
  const setEntry = (kind: Kind) => {
    journey.edit((now) => edit.setEntry(now, { segment: edit.newBody(kind.name) }));
    setFocus({ on: "entry" });
  };
  const addGoal = (kind: Kind) => {
    const at = goalsOf(document).length;
    journey.edit((now) => ({ ...now, goals: [...goalsOf(now), edit.newBody(kind.name)] }));
    setFocus({ on: "goals", at });
  };
  const connect = (link: Link) => {
    journey.edit((now) => edit.connect(now, link, kinds));
    setShown("");
  };
  const remove = (ids: Set<number>, gone: Link[]) => {
    journey.edit((now) => edit.disconnect(edit.removeNodes(now, ids), gone));
    select([]);
    setLinks([]);
    setFocus(NOTHING);
  };
  const put = (copied: { nodes: ReturnType<typeof nodesOf>; links: Link[] }) => {
    if (!all || !copied.nodes.length || nodesOf(document).length + copied.nodes.length > edit.MOST_NODES) return;
    const made = edit.paste(document, copied, [40, 60], edit.nextNumber(document, taken.current));
    journey.edit(made.document);
    select(made.ids.map(String));
    setSaid(`Added ${made.ids.length} ${made.ids.length === 1 ? "copy" : "copies"}.`);
  };
  const duplicate = (id: number) => put(edit.copy(document, new Set([id])));

  const alignAll = async () => {
    const measured = (board.current?.getNodes() ?? []).map((node) => ({
      id: node.id,
      width: node.measured?.width ?? WIDTH,
      height: node.measured?.height ?? 90,
    }));
    const places = await align(measured, arrows(document));
    const start = board.current?.getNode("entry")?.position ?? { x: 0, y: 0 };
    const found = new Map(
      nodesOf(document).flatMap((step) => {
        const at = places.get(String(step.id));
        return at ? [[step.id, [at[0] + start.x, at[1] + start.y]] as [number, [number, number]]] : [];
      }),
    );
    journey.edit((now) => edit.moveNodes(now, found));
    requestAnimationFrame(() => board.current?.fitView({ duration: 300, maxZoom: 1, padding: 0.12 }));
  };

  const go = (to: Focus) => {
    setShown("");
    setFocus(to);
    if (to.on === "node") {
      select([String(to.id)]);
      const box = board.current?.getNode(String(to.id));
      if (box)
        board.current?.setCenter(box.position.x + WIDTH / 2, box.position.y + 60, {
          zoom: Math.max(0.8, board.current.getZoom()),
          duration: 300,
        });
    }
  };

  const onKey = (press: KeyboardEvent) => {
    const target = press.target as HTMLElement;
    const typing = target.closest("input, textarea, select, [contenteditable=true]") !== null;
    const control = press.ctrlKey || press.metaKey;
    const key = press.key.toLowerCase();
    if (target.closest("dialog, .rb")) return;
    const doing = (act: () => void) => {
      press.preventDefault();
      act();
    };
    if (control && key === "s")
      return doing(() => (all || journey.editable === "what" ? void journey.save() : undefined));
    if (typing && !(control && (key === "z" || key === "y"))) return;
    if (control && key === "z") return doing(press.shiftKey ? journey.redo : journey.undo);
    if (control && key === "y") return doing(journey.redo);
    if (control && key === "d") return doing(() => put(edit.copy(document, chosen)));
    if (control && key === "a") return doing(() => select(nodesOf(document).map((step) => String(step.id))));
    if (control || press.altKey) return;
    if (key === "delete" || key === "backspace")
      return doing(() => all && (chosen.size || links.length) && remove(chosen, links));
    if (key === "escape") return setFocus(NOTHING);
    if (key === "enter" && !target.closest("button, a, summary")) {
      const [id] = chosen;
      const box = target.closest<HTMLElement>(".react-flow__node")?.dataset.id;
      if (box === "entry") return doing(() => setFocus({ on: "setup" }));
      if (id !== undefined) return doing(() => setFocus({ on: "node", id }));
    }
    if (key === "/") return doing(() => root.current?.querySelector<HTMLElement>("[data-palette-search]")?.focus());
    if (key === "?") return doing(() => setShown("shortcuts"));
    if (key === "p") return doing(() => setShown("checks"));
    if (key === "l") return doing(() => setView(view === "list" ? "canvas" : "list"));
    if (key === "f") return doing(() => void board.current?.fitView({ duration: 300 }));
    if (key === "+" || key === "=") return doing(() => void board.current?.zoomIn());
    if (key === "-") return doing(() => void board.current?.zoomOut());
    if (!all) return;
    if (key === "a") return doing(() => void alignAll());
    if (key === "c") return doing(() => setShown({ connect: [...chosen][0] ?? "entry" }));
  };
  const keys = useRef(onKey);
  keys.current = onKey;
  const clips = useRef({ chosen, put, remove });
  clips.current = { chosen, put, remove };
  const newest = useRef(document);
  newest.current = document;

  useEffect(() => {
    const press = (event: KeyboardEvent) => keys.current(event);
    const outside = (event: ClipboardEvent) =>
      (event.target as HTMLElement).closest?.("input, textarea, dialog, .cv-panel") !== null;
    const onCopy = (event: ClipboardEvent) => {
      const { chosen, remove } = clips.current;
      if (outside(event) || !chosen.size || String(getSelection())) return;
      event.preventDefault();
      event.clipboardData?.setData("text/plain", JSON.stringify({ [CLIPBOARD]: edit.copy(newest.current, chosen) }));
      if (event.type === "cut") remove(chosen, []);
    };
    const onPaste = (event: ClipboardEvent) => {
      if (outside(event)) return;
      try {
        const found = JSON.parse(event.clipboardData?.getData("text/plain") ?? "")[CLIPBOARD];
        if (found) clips.current.put(found);
      } catch {
        // Something else was copied.
      }
    };
    window.addEventListener("keydown", press);
    window.addEventListener("copy", onCopy);
    window.addEventListener("cut", onCopy);
    window.addEventListener("paste", onPaste);
    return () => {
      window.removeEventListener("keydown", press);
      window.removeEventListener("copy", onCopy);
      window.removeEventListener("cut", onCopy);
      window.removeEventListener("paste", onPaste);
    };
  }, []);

  const dropOn = useRef<(target: "entry" | "goals", kind: string) => void>(() => undefined);
  dropOn.current = (target, name) => {
    const kind = kinds.get(name);
    if (!kind) return;
    if (target === "goals") {
      if (!kind.goal) setSaid(`${kind.label} cannot be a goal.`);
      else if (goalsOf(document).length >= 3) setSaid("A journey has at most three goals.");
      else addGoal(kind);
    } else if (!kind.entry.includes(document.entry?.criteria ?? "live")) {
      setSaid(`${kind.label} cannot be the entry with the criteria chosen under Setup.`);
    } else setEntry(kind);
  };
  const unlink = useRef<(gone: Link[]) => void>(() => undefined);
  unlink.current = (gone) => journey.edit((now) => edit.disconnect(now, gone));
  const shared = useMemo(
    () => ({
      kinds,
      editable: all,
      focus: setFocus,
      dropOn: (target: "entry" | "goals", kind: string) => dropOn.current(target, kind),
      unlink: (gone: Link[]) => unlink.current(gone),
      numbers,
    }),
    [kinds, all, numbers],
  );

  const errors = checked.findings.filter((finding) => finding.level === "error").length;
  return (
    <SharedContext.Provider value={shared}>
      <div ref={root} className={`cv ${focus.on === "nothing" ? "" : "open"}`}>
        <Toolbar
          journey={journey}
          view={view}
          errors={errors}
          warnings={checked.findings.length - errors}
          compared={other?.number ?? null}
          onView={setView}
          onAlign={() => void alignAll()}
          onChecks={() => setShown("checks")}
          onShortcuts={() => setShown("shortcuts")}
          onRehearse={rehearse ? () => setShown("rehearse") : null}
          onSetup={() => setFocus({ on: "setup" })}
          onVersion={(number) => onOpen(version.journey.id, number)}
          onMove={(move) => setShown({ move })}
          onCompare={async (number) =>
            setOther(
              number === null ? null : { number, document: (await calls.load(version.journey.id, number)).document },
            )
          }
        />
        {journey.left && (
          <div className="sj-notice warn cv-restore" role="status">
            Work of {new Date(journey.left.at).toLocaleString()} was never saved.
            <button type="button" className="sj-button" onClick={journey.restore}>
              Restore it
            </button>
            <button type="button" className="sj-button" onClick={journey.discard}>
              Start fresh
            </button>
          </div>
        )}
        <RehearsalBanner rehearsal={rehearsal} onPeople={() => setShown("paths")} />
        <div className="cv-middle">
          {all && (
            <Palette
              kinds={kinds}
              criteria={document.entry?.criteria ?? "live"}
              hasEntry={Boolean(document.entry?.segment)}
              goals={goalsOf(document).length}
              full={nodesOf(document).length >= edit.MOST_NODES}
              onAdd={(kind) => add(kind)}
              onEntry={setEntry}
              onGoal={addGoal}
            />
          )}
          <div className="cv-board">
            {view === "list" ? (
              <ListView
                document={document}
                checked={checked}
                kinds={kinds}
                editable={all}
                onFocus={setFocus}
                onConnect={(source) => setShown({ connect: source })}
                onUnlink={(link) => journey.edit((now) => edit.disconnect(now, [link]))}
                onRemove={(id) => remove(new Set([id]), [])}
              />
            ) : (
              <Canvas
                document={document}
                checked={checked}
                kinds={kinds}
                editable={all}
                difference={difference}
                selected={selected}
                onSelect={onSelect}
                onMove={(places) => journey.edit((now) => edit.moveNodes(now, places))}
                onConnect={connect}
                onRemove={remove}
                onDrop={(name, [x, y]) => {
                  const kind = kinds.get(name);
                  const at = board.current?.screenToFlowPosition({ x, y });
                  if (!kind || !at) return;
                  if (kind.middle) add(kind, [at.x - WIDTH / 2, at.y - 30]);
                  else setSaid(`${kind.label} can only be the entry: drop it on Entry.`);
                }}
                onLoose={(source) => all && setShown({ connect: source })}
                onDuplicate={duplicate}
                onReady={(ready) => {
                  board.current = ready;
                }}
              />
            )}
            {view === "canvas" && nodesOf(document).length === 0 && all && (
              <p className="cv-hint">
                {document.entry?.segment
                  ? "Now drag what people receive from the left onto the canvas, and draw a line to it from Yes."
                  : "Begin with who enters: drag a segment onto Entry, for example Action."}
              </p>
            )}
          </div>
          <Panel
            journey={journey}
            kinds={kinds}
            focus={focus}
            providers={providers}
            onFocus={setFocus}
            onClose={() => setFocus(NOTHING)}
          />
        </div>
        <p className="cv-said" role="status">
          {said}
        </p>
        {shown === "shortcuts" && <Shortcuts onClose={() => setShown("")} />}
        {shown === "rehearse" && (
          <AskRehearsal rehearsal={rehearsal} document={document} onClose={() => setShown("")} />
        )}
        {shown === "paths" && result && (
          <Paths result={result} document={document} kinds={kinds} onClose={() => setShown("")} />
        )}
        {shown === "checks" && (
          <Dialog title="What the checks found" onClose={() => setShown("")}>
            <Findings document={document} kinds={kinds} findings={checked.findings} stale={journey.stale} onGo={go} />
          </Dialog>
        )}
        {typeof shown === "object" && "connect" in shown && (
          <Connect
            document={document}
            kinds={kinds}
            source={shown.connect}
            vias={viasOf(document, shown.connect, checked, kinds)}
            onConnect={connect}
            onClose={() => setShown("")}
          />
        )}
        {typeof shown === "object" && "move" in shown && (
          <Moves
            journey={journey}
            kinds={kinds}
            move={shown.move}
            onGo={go}
            onOpen={onOpen}
            onClose={() => setShown("")}
          />
        )}
        {journey.saving.state === "conflict" && (
          <Dialog
            title="Somebody else saved this version"
            onClose={() => location.reload()}
            actions={
              <>
                <button type="button" className="sj-button" onClick={() => location.reload()}>
                  Look at theirs
                </button>
                <button type="button" className="sj-button danger" onClick={() => void journey.save(true)}>
                  Save mine over it
                </button>
              </>
            }
          >
            <p>
              They saved while you were editing; nothing was overwritten. Your work is kept in this browser: after
              looking at theirs you can restore it.
            </p>
          </Dialog>
        )}
      </div>
    </SharedContext.Provider>
  );
}

/** The connectors of a node, or of the entry. */
function viasOf(document: JourneyDocument, source: number | "entry", checked: calls.Checked, kinds: Kinds): string[] {
  const known = checked.connectors[source === "entry" ? "0" : String(source)];
  if (known?.length) return known;
  if (source === "entry") {
    const vias = kinds.get(document.entry?.segment?.kind ?? "")?.vias ?? ["yes"];
    return vias.filter((via) => via === "yes" || via === "no");
  }
  return kinds.get(stepOf(document, source)?.kind ?? "")?.vias ?? [];
}

/** Where a node that is added by keyboard goes: behind the selected one, or behind the entry if nothing is there yet. */
function behindWhat(
  document: JourneyDocument,
  chosen: Set<number>,
  checked: calls.Checked,
  kinds: Kinds,
): { from: number | "entry"; via: string; at: [number, number] } | null {
  const [id] = chosen;
  const from = id ?? (nodesOf(document).length === 0 && document.entry?.segment ? "entry" : null);
  if (from === null) return null;
  const drawn = new Set(
    linksOf(document)
      .filter((link) => link.from === from)
      .map((link) => link.via),
  );
  const via = viasOf(document, from, checked, kinds).find((it) => !drawn.has(it));
  if (!via) return null;
  const place = from === "entry" ? [0, 0] : (stepOf(document, from)?.position ?? [0, 0]);
  return { from, via, at: [(place[0] ?? 0) + WIDTH + 130, (place[1] ?? 0) + drawn.size * 130] };
}
