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
import { arrows, ENTRY_ID, type Place, WIDTH } from "./model/graph";
import { Panel } from "./panel/Panel";
import { Around } from "./state/around";
import { useJourney } from "./state/useJourney";
import { useKept } from "./state/useKept";
import { useRehearsal } from "./state/useRehearsal";
import { type Board, Canvas, fitting, type Picked } from "./view/Canvas";
import { Compared } from "./view/Compared";
import { Connect } from "./view/Connect";
import { SharedContext } from "./view/context";
import { Dialog } from "./view/Dialog";
import { Findings } from "./view/Findings";
import { ListView } from "./view/ListView";
import { aligned } from "./view/layout";
import { Moves } from "./view/Moves";
import { Palette } from "./view/Palette";
import { AskRehearsal, Paths, RehearsalBanner } from "./view/Rehearse";
import { Said } from "./view/Said";
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

/** A connector that is being connected. via and at: what was drawn, and where it was let go. */
interface Loose {
  connect: number | "entry";
  via?: string;
  at?: Place;
}
type Shown = "" | "checks" | "shortcuts" | "rehearse" | "paths" | Loose | { move: string };
const CLIPBOARD = "sojourn nodes";
const MANY = 30; // nodes from which on the map shows by itself

export function Editor({ first, kinds, user, providers, onOpen }: Props) {
  const journey = useJourney(first, user);
  const { document, version, checked } = journey;
  const [focus, setFocus] = useState<Focus>(NOTHING);
  const [selected, setSelected] = useState<Set<string>>(new Set());
  const [view, setView] = useState<"canvas" | "list">("canvas");
  const [shown, setShown] = useState<Shown>("");
  const [said, setSaid] = useState("");
  const [other, setOther] = useState<{ number: number; document: JourneyDocument } | null>(null);
  const rehearsal = useRehearsal();
  const result = rehearsal.now?.result;
  const numbers = useMemo(() => (result ? new Map(result.nodes.map((node) => [node.number, node])) : null), [result]);
  const { rehearse } = useContext(Around);
  const [map, setMap] = useKept("map", nodesOf(first.document).length > MANY);
  const [wide, setWide] = useKept("wide", false);
  const board = useRef<Board | null>(null);
  const root = useRef<HTMLDivElement>(null);
  const all = journey.editable === "all";
  const difference = useMemo(() => (other ? compare(other.document, document) : null), [other, document]);
  // Numbers that were given once stay taken while the page is open, and those of earlier versions for ever.
  const taken = useRef<Set<number>>(new Set());
  for (const step of nodesOf(document)) taken.current.add(step.id);

  const held = useRef(selected);
  const select = useCallback((ids: string[]) => {
    held.current = new Set(ids);
    setSelected(held.current);
  }, []);
  const onSelect = useCallback(
    (changes: Picked[]) => {
      const next = new Set(held.current);
      for (const change of changes) change.selected ? next.add(change.id) : next.delete(change.id);
      select([...next]);
      // An open panel goes along with what is chosen.
      const [only, more] = next;
      const id = Number(only);
      if (id && !more) setFocus((now) => (now.on === "node" && now.id !== id ? { on: "node", id } : now));
    },
    [select],
  );
  const chosen = useMemo(
    () => new Set([...selected].map(Number).filter((id) => stepOf(document, id))),
    [selected, document],
  );
  const links = useMemo(
    () =>
      arrows(document)
        .filter((arrow) => selected.has(arrow.id))
        .flatMap((arrow) => arrow.links),
    [selected, document],
  );
  const openNode = useCallback((id: number) => setFocus({ on: "node", id }), []);

  const add = (kind: Kind, at?: Place, from: { from: number | "entry"; via: string } | null = null) => {
    if (!all) return;
    const number = edit.nextNumber(document, taken.current);
    // The first node comes right behind the entry, wherever it is dropped.
    const behind = at && nodesOf(document).length ? null : behindWhat(document, chosen, checked, kinds);
    const start = board.current?.getNode(ENTRY_ID)?.position;
    const place = (at && start ? edit.beside(at, [start.x, start.y]) : at) ?? behind?.at ?? [WIDTH + 130, 0];
    const before = from ?? behind;
    journey.edit((now) => {
      const made = edit.addNode(now, kind, place, number);
      return before ? edit.connect(made, { from: before.from, via: before.via, to: number }, kinds) : made;
    });
    select([String(number)]);
    setFocus({ on: "node", id: number });
    setSaid(
      `Added ${kind.label} as node ${number}${before ? `, behind ${before.from === "entry" ? "the entry" : `node ${before.from}`}` : ""}.`,
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
  /** Put a new node behind a connector: where the line was let go, or in the next column. */
  const lead = (kind: Kind, { from, via }: { from: number | "entry"; via: string }, at?: Place) => {
    setShown("");
    add(kind, at ?? besides(document, from), { from, via });
  };
  const remove = (ids: Set<number>, gone: Link[]) => {
    journey.edit((now) => edit.disconnect(edit.removeNodes(now, ids), gone));
    select([]);
    setFocus(NOTHING);
  };
  const put = (copied: { nodes: ReturnType<typeof nodesOf>; links: Link[] }, show = false) => {
    if (!all || !copied.nodes.length) return;
    if (nodesOf(document).length + copied.nodes.length > edit.MOST_NODES)
      return setSaid(`A journey has at most ${edit.MOST_NODES} nodes.`);
    const by = edit.clear(document, copied.nodes);
    const made = edit.paste(document, copied, by, edit.nextNumber(document, taken.current));
    journey.edit(made.document);
    select(made.ids.map(String));
    setSaid(`Added ${made.ids.length} ${made.ids.length === 1 ? "copy" : "copies"}.`);
    const nodes = made.ids.map((id) => ({ id: String(id) }));
    if (show) setTimeout(() => void board.current?.fitView({ nodes, maxZoom: board.current.getZoom(), duration: 300 }));
  };
  const replace = async (file: File) => {
    try {
      const { document: read } = await calls.read(await file.text());
      journey.edit(read);
      setSaid(`The canvas shows “${file.name}” now. Undo brings back what was here.`);
      setTimeout(fit);
    } catch (error) {
      setSaid(`“${file.name}” cannot be read: ${error instanceof Error ? error.message : error}`);
    }
  };
  const duplicate = (id: number) => put(edit.copy(document, new Set([id])));

  const alignAll = async () => {
    const found = await aligned(board.current, document);
    journey.edit((now) => edit.moveNodes(now, found));
    requestAnimationFrame(fit);
  };
  const fit = () => void board.current?.fitView({ duration: 300, ...fitting(map) });

  const go = (to: Focus) => {
    setShown("");
    setFocus(to);
    if (to.on === "node") {
      select([String(to.id)]);
      const box = board.current?.getNode(String(to.id));
      if (box && (board.current?.getZoom() ?? 1) < 0.8)
        board.current?.setCenter(box.position.x + WIDTH / 2, box.position.y + 60, { zoom: 0.8 });
    }
  };

  const boxOf = (id: number) => root.current?.querySelector<HTMLElement>(`.react-flow__node[data-id="${id}"]`);
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
    const panel = target.closest(".cv-panel") !== null;
    if (key === "escape" && (panel || !typing)) {
      setFocus(NOTHING);
      if (panel && focus.on === "node") boxOf(focus.id)?.focus();
      return;
    }
    if (typing && !(control && (key === "z" || key === "y"))) return;
    if (control && key === "z") return doing(press.shiftKey ? journey.redo : journey.undo);
    if (control && key === "y") return doing(journey.redo);
    if (control && key === "d") return doing(() => put(edit.copy(document, chosen)));
    if (control && key === "a") return doing(() => select(nodesOf(document).map((step) => String(step.id))));
    if (control || press.altKey) return;
    if ((key === "delete" || key === "backspace") && !panel)
      return doing(() => all && (chosen.size || links.length) && remove(chosen, links));
    if (key === "enter" && !target.closest("button, a, summary")) {
      const [id] = chosen;
      const box = target.closest<HTMLElement>(".react-flow__node")?.dataset.id;
      const opened = Number(box) || id;
      const go = box === ENTRY_ID ? () => setFocus({ on: "setup" }) : opened ? () => openNode(opened) : null;
      // Whoever opens a panel with a key goes on in it; Escape leads back.
      if (go)
        return doing(() => {
          go();
          requestAnimationFrame(() => root.current?.querySelector<HTMLElement>(".cv-panel")?.focus());
        });
    }
    if (key === "/") return doing(() => root.current?.querySelector<HTMLElement>("[data-palette-search]")?.focus());
    if (key === "?") return doing(() => setShown("shortcuts"));
    if (key === "p") return doing(() => setShown("checks"));
    if (key === "l") return doing(() => setView(view === "list" ? "canvas" : "list"));
    if (key === "f") return doing(fit);
    if (key === "m") return doing(() => setMap(!map));
    if (key === "w") return doing(() => setWide(!wide));
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
      (event.target as HTMLElement).closest?.("input, textarea, select, dialog, [contenteditable=true]") !== null;
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
        if (found) clips.current.put(found, true);
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
      <div ref={root} className={`cv ${focus.on === "nothing" ? "" : "open"} ${wide ? "wide" : ""}`}>
        <Toolbar
          journey={journey}
          view={view}
          errors={errors}
          warnings={checked.findings.length - errors}
          compared={other?.number ?? null}
          wide={wide}
          onView={setView}
          onWide={() => setWide(!wide)}
          onAlign={() => void alignAll()}
          onChecks={() => setShown("checks")}
          onShortcuts={() => setShown("shortcuts")}
          onRehearse={rehearse ? () => setShown("rehearse") : null}
          onSetup={() => setFocus({ on: "setup" })}
          onVersion={(number) => onOpen(version.journey.id, number)}
          onMove={(move) => setShown({ move })}
          onFile={all ? (file) => void replace(file) : null}
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
        {other && difference && (
          <Compared
            before={other}
            document={document}
            difference={difference}
            kinds={kinds}
            onGo={go}
            onClose={() => setOther(null)}
          />
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
              onRefused={setSaid}
            />
          )}
          <div className="cv-board">
            {view === "list" ? (
              <ListView
                document={document}
                checked={checked}
                kinds={kinds}
                editable={all}
                viasOf={(source) => viasOf(document, source, checked, kinds)}
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
                onOpen={openNode}
                onEmpty={() => setFocus(NOTHING)}
                about={aboutWhat(focus)}
                map={map}
                onMap={() => setMap(!map)}
                onMove={(places) =>
                  journey.edit((now) => edit.moveNodes(now, places), `move ${[...places.keys()].join()}`)
                }
                onConnect={connect}
                onRemove={remove}
                onDrop={(name, [x, y]) => {
                  const kind = kinds.get(name);
                  const at = board.current?.screenToFlowPosition({ x, y });
                  if (!kind || !at) return;
                  if (kind.middle) add(kind, [at.x - WIDTH / 2, at.y - 30]);
                  else setSaid(`${kind.label} can only be the entry: drop it on Entry.`);
                }}
                onLoose={(connect, via, { x, y }) => {
                  const at = board.current?.screenToFlowPosition({ x, y });
                  if (all) setShown({ connect, via, at: at && [at.x, at.y - 26] });
                }}
                onDuplicate={duplicate}
                onReady={(ready) => {
                  board.current = ready;
                }}
              />
            )}
            {view === "canvas" && all && <Hint document={document} quiet={focus.on !== "nothing"} />}
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
        <Said text={said} onGone={() => setSaid("")} />
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
            first={shown.via}
            full={nodesOf(document).length >= edit.MOST_NODES}
            onConnect={connect}
            onNew={(kind, from) => lead(kind, from, shown.at)}
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

/** What to do next, for whoever begins. quiet: somebody is busy with a part. */
function Hint({ document, quiet }: { document: JourneyDocument; quiet: boolean }) {
  const nodes = nodesOf(document).length;
  const words = !nodes
    ? document.entry?.segment
      ? "Now drag what people receive from the left onto the canvas. It comes right behind the entry."
      : "Begin with who enters: drag a segment onto Entry, for example Action."
    : nodes === 1 && linksOf(document).length < 2 && !quiet
      ? "Draw a line from a connector, such as Clicked, to say what comes next. Or publish: one message is a journey."
      : "";
  return words ? <p className="cv-hint">{words}</p> : null;
}

/** The box that the panel is about. */
function aboutWhat(focus: Focus): string | null {
  if (focus.on === "node") return String(focus.id);
  if (focus.on === "link") return String(focus.link.from);
  return focus.on === "nothing" ? null : ENTRY_ID;
}

/** A free place in the column behind a node. */
function besides(document: JourneyDocument, from: number | "entry"): Place {
  const [x, y] = (from === "entry" ? null : stepOf(document, from)?.position) ?? [0, 0];
  const drawn = linksOf(document).filter((link) => link.from === from).length;
  return [x + WIDTH + 130, y + drawn * 130];
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
): { from: number | "entry"; via: string; at: Place } | null {
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
  return { from, via, at: besides(document, from) };
}
