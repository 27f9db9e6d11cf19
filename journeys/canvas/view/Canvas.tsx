/** The drawing board: React Flow with our boxes, kept in step with the document. */

import "@xyflow/react/dist/style.css";
import {
  applyNodeChanges,
  Background,
  BackgroundVariant,
  type Connection,
  ControlButton,
  Controls,
  type Edge,
  type EdgeChange,
  type FitViewOptions,
  MarkerType,
  MiniMap,
  type Node,
  type NodeChange,
  type OnConnectEnd,
  ReactFlow,
  type ReactFlowInstance,
  SelectionMode,
} from "@xyflow/react";
import { useEffect, useMemo, useRef, useState } from "react";
import { Icon } from "../../../segments/builder/fields/Icon";
import type { Checked } from "../calls";
import type { Difference } from "../model/diff";
import type { JourneyDocument, Kind, Kinds, Link } from "../model/document";
import { linksOf, nodesOf } from "../model/document";
import {
  arrows,
  type Arrow as Drawn,
  ENTRY_ID,
  entryPlace,
  marks,
  meetings,
  type Place,
  phantomVias,
  places,
  waitsForEver,
} from "../model/graph";
import { Arrow } from "./Arrow";
import { DRAGGED } from "./context";
import { EntryBox } from "./EntryBox";
import { GoneBox } from "./GoneBox";
import { MeetingBox } from "./MeetingBox";
import { StepBox } from "./StepBox";
import { Far, type Home, InView, Ready, Steady } from "./sight";

const NODE_TYPES = { step: StepBox, entry: EntryBox, meeting: MeetingBox, gone: GoneBox };
const EDGE_TYPES = { arrow: Arrow };
const MAP = { width: 150, height: 100 };

/** How to show everything: with the map, above it, so that it hides no node. */
export const fitting = (map: boolean): FitViewOptions => ({
  maxZoom: 1,
  padding: { top: "28px", left: "28px", right: "28px", bottom: map ? `${MAP.height + 28}px` : "28px" },
});

export type Board = ReactFlowInstance<Node, Edge>;

/** That something was chosen, or is no longer. */
export interface Picked {
  id: string;
  selected: boolean;
}

interface Props {
  document: JourneyDocument;
  checked: Checked;
  kinds: Kinds;
  editable: boolean;
  difference: Difference | null;
  /** The nodes and arrows that are chosen, by id. The board keeps no choice of its own. */
  selected: Set<string>;
  onSelect: (changes: Picked[]) => void;
  /** A node was clicked. */
  onOpen: (id: number) => void;
  /** The empty board was clicked. */
  onEmpty: () => void;
  /** The box that the panel is about: it stays in view. */
  about: string | null;
  map: boolean;
  onMap: () => void;
  onMove: (places: Map<number, [number, number]>) => void;
  onConnect: (link: Link) => void;
  onRemove: (nodes: Set<number>, links: Link[]) => void;
  onDrop: (kind: string, at: [number, number]) => void;
  /** A connector was drawn to an empty place. */
  onLoose: (source: number | "entry", via: string, at: { x: number; y: number }) => void;
  onDuplicate: (id: number) => void;
  /** The boxes are drawn and measured. */
  onReady: (board: Board) => void;
}

export function Canvas(props: Props) {
  const { document, checked, kinds, editable, difference, selected, map } = props;
  // The entry has no place in the document: it keeps the one that it got when the board was opened.
  const [start] = useState(() => entryPlace(places(document)));
  const wanted = useMemo(
    () => boxes(document, checked, kinds, editable, difference, start),
    [document, checked, kinds, editable, difference, start],
  );
  const [nodes, setNodes] = useState<Node[]>([]);
  const home = useRef<Home | null>(null);

  useEffect(() => setNodes((now) => merged(now, wanted)), [wanted]);

  // What is chosen is known in one place, outside; a second one here would never agree with it for long.
  const shown = useMemo(
    () =>
      nodes.map((node) =>
        Boolean(node.selected) === selected.has(node.id) ? node : { ...node, selected: selected.has(node.id) },
      ),
    [nodes, selected],
  );
  const drawn = useMemo(() => arrows(document), [document]);
  const edges = useMemo(
    () => [
      ...drawn.map((arrow) => edgeOf(arrow, selected.has(arrow.id), difference)),
      ...(difference?.links.removed.map((link) => goneEdge(link, document)) ?? []),
    ],
    [drawn, selected, difference, document],
  );

  const pick = (changes: (NodeChange | EdgeChange)[]) => {
    const picked = changes.flatMap((it) => (it.type === "select" ? [{ id: it.id, selected: it.selected }] : []));
    if (picked.length) props.onSelect(picked);
  };
  const onNodesChange = (changes: NodeChange[]) => {
    pick(changes);
    const rest = changes.filter((change) => change.type !== "select");
    if (!rest.length) return;
    setNodes((now) => applyNodeChanges(rest, now));
    // A drag has ended, or an arrow key has moved what is chosen.
    const moved = new Map<number, Place>();
    for (const change of rest)
      if (change.type === "position" && change.dragging === false && change.position && Number(change.id))
        moved.set(Number(change.id), [change.position.x, change.position.y]);
    if (moved.size) props.onMove(moved);
  };

  const onConnectEnd: OnConnectEnd = (event, state) => {
    if (state.isValid || !state.fromNode || !state.fromHandle?.id || state.fromHandle.type !== "source") return;
    const point = "changedTouches" in event ? event.changedTouches[0] : event;
    if (point && !state.toNode) {
      const source = state.fromNode.id === ENTRY_ID ? ENTRY_ID : Number(state.fromNode.id);
      props.onLoose(source, state.fromHandle.id, { x: point.clientX, y: point.clientY });
    }
  };

  return (
    <ReactFlow
      nodes={shown}
      edges={edges}
      nodeTypes={NODE_TYPES}
      edgeTypes={EDGE_TYPES}
      onNodesChange={onNodesChange}
      onEdgesChange={pick}
      onConnect={(made) => {
        const link = linkOf(made, document);
        if (link) props.onConnect(link);
      }}
      isValidConnection={(made) => linkOf(made as Connection, document) !== null}
      onConnectEnd={onConnectEnd}
      onBeforeDelete={async ({ nodes, edges }) => {
        const ids = new Set(nodes.filter((node) => node.type === "step").map((node) => Number(node.id)));
        const links = edges.flatMap((edge) => (edge.data?.arrow as Drawn | undefined)?.links ?? []);
        if (editable && (ids.size || links.length)) props.onRemove(ids, links);
        return false; // the document changes, and the board with it
      }}
      onNodeClick={(click, node) => {
        if (node.type !== "step" || click.shiftKey) return;
        if (click.ctrlKey || click.altKey || click.metaKey) {
          if (editable) props.onDuplicate(Number(node.id));
        } else props.onOpen(Number(node.id));
      }}
      onPaneClick={props.onEmpty}
      onMoveStart={(by) => {
        if (by) home.current = null; // by hand: that is where it is to be
      }}
      onDragOver={(drag) => {
        if (!editable || !drag.dataTransfer.types.includes(DRAGGED)) return;
        drag.preventDefault();
        drag.dataTransfer.dropEffect = "copy";
      }}
      onDrop={(dropped) => {
        const kind = dropped.dataTransfer.getData(DRAGGED);
        if (!kind) return;
        dropped.preventDefault();
        props.onDrop(kind, [dropped.clientX, dropped.clientY]);
      }}
      nodesDraggable={editable}
      nodesConnectable={editable}
      deleteKeyCode={null}
      multiSelectionKeyCode="Shift"
      selectionKeyCode="Shift"
      selectionMode={SelectionMode.Partial}
      snapToGrid
      snapGrid={[10, 10]}
      minZoom={0.1}
      maxZoom={2}
      onlyRenderVisibleElements={nodes.length > 60}
      fitView
      fitViewOptions={fitting(map)}
      proOptions={{ hideAttribution: true }}
      aria-label="Canvas of the journey; the list view says the same in words"
    >
      <Background variant={BackgroundVariant.Dots} gap={20} size={1} />
      <Controls showInteractive={false} position="bottom-left" fitViewOptions={fitting(map)}>
        <ControlButton
          onClick={props.onMap}
          title={map ? "Hide the map (M)" : "Show the map (M)"}
          aria-label={map ? "Hide the map" : "Show the map"}
          aria-pressed={map}
        >
          <Icon name="map" />
        </ControlButton>
      </Controls>
      {map && (
        <MiniMap
          pannable
          zoomable
          position="bottom-right"
          nodeStrokeWidth={3}
          ariaLabel="Map of the journey"
          style={MAP}
        />
      )}
      <Ready onReady={props.onReady} />
      <Steady />
      <Far />
      <InView id={props.about} home={home} />
    </ReactFlow>
  );
}

function boxes(
  document: JourneyDocument,
  checked: Checked,
  kinds: Kinds,
  editable: boolean,
  difference: Difference | null,
  start: Place,
): Node[] {
  const links = linksOf(document);
  const findings = marks(document, checked.findings);
  const waiting = waitsForEver(document, kinds);
  const where = places(document);
  // Connectors by where they leave; those of removed links too, so that these have somewhere to begin.
  const outlets = new Map<number | "entry", Set<string>>();
  for (const link of [...links, ...(difference?.links.removed ?? [])])
    outlets.set(link.from, (outlets.get(link.from) ?? new Set()).add(link.via));
  const drawn = (id: number | "entry") => [...(outlets.get(id) ?? [])];
  const entry = kinds.get(document.entry?.segment?.kind ?? "");
  const made: Node[] = [
    {
      id: ENTRY_ID,
      type: "entry",
      position: { x: start[0], y: start[1] },
      draggable: false,
      deletable: false,
      ariaLabel: "Setup, goals and entry",
      data: {
        document,
        marks: findings.get(0),
        vias: checked.connectors["0"]?.length ? checked.connectors["0"] : entryVias(entry),
        drawn: drawn("entry"),
      },
    },
  ];
  for (const step of nodesOf(document)) {
    const kind = kinds.get(step.kind);
    const [x, y] = where.get(step.id) ?? start;
    const own = drawn(step.id);
    const vias = checked.connectors[step.id] ?? kind?.vias ?? [];
    made.push({
      id: String(step.id),
      type: "step",
      position: { x, y },
      draggable: editable,
      ariaLabel: `Node ${step.id}: ${step.name || kind?.label || step.kind}`,
      data: {
        step,
        marks: findings.get(step.id),
        vias: [...vias, ...own.filter((via) => !vias.includes(via))],
        drawn: own,
        phantom: phantomVias(step, links, kinds),
        required: checked.required[step.id] ?? [],
        waitsForEver: waiting.has(step.id),
        difference: difference?.added.has(step.id) ? "added" : difference?.changed.has(step.id) ? "changed" : undefined,
      },
    });
  }
  for (const meeting of meetings(document)) {
    const targets = meeting.targets.map((id) => where.get(id)).filter((at) => at !== undefined);
    if (!targets.length) continue;
    const y = targets.reduce((sum, at) => sum + at[1], 0) / targets.length + 20;
    made.push({
      id: meeting.id,
      type: "meeting",
      position: { x: Math.min(...targets.map((at) => at[0])) - 75, y },
      draggable: false,
      selectable: false,
      deletable: false,
      data: {},
    });
  }
  for (const step of difference?.removed ?? []) {
    const [x, y] = step.position ?? start;
    made.push({
      id: goneId(step.id),
      type: "gone",
      position: { x, y },
      draggable: false,
      selectable: false,
      deletable: false,
      focusable: false,
      data: { step },
    });
  }
  return made;
}

const goneId = (id: number | "entry"): string => `gone-${id}`;

/** What was drawn before, moved and measured as it is, with what is wanted now. A box that is as before stays itself. */
function merged(now: Node[], wanted: Node[]): Node[] {
  const before = new Map(now.map((node) => [node.id, node]));
  return wanted.map((node) => {
    const old = before.get(node.id);
    if (!old) return node;
    const data = shallowly(old.data, node.data) ? old.data : node.data;
    const still = old.position.x === node.position.x && old.position.y === node.position.y;
    if (still && data === old.data && old.draggable === node.draggable && old.ariaLabel === node.ariaLabel) return old;
    return { ...old, position: node.position, data, draggable: node.draggable, ariaLabel: node.ariaLabel };
  });
}

const entryVias = (entry: Kind | undefined) => entry?.vias.filter((via) => via === "yes" || via === "no") ?? [];

function edgeOf(arrow: Drawn, selected: boolean, difference: Difference | null): Edge {
  const tone =
    arrow.via === "node_timeout" ? "timeout" : ["no", "failed", "unreachable"].includes(arrow.via) ? "sad" : "";
  const fresh = difference?.links.added.some((link) => arrow.links.includes(link)) ? "added" : "";
  return {
    id: arrow.id,
    type: "arrow",
    source: arrow.source,
    target: arrow.target,
    sourceHandle: arrow.tail ? undefined : arrow.via,
    selected,
    className: `cv-edge ${tone} ${fresh}`,
    markerEnd: { type: MarkerType.ArrowClosed, width: 16, height: 16 },
    data: { arrow },
  };
}

/** A link of the version compared with that is not drawn any more. */
function goneEdge(link: Link, document: JourneyDocument): Edge {
  const there = (id: number | "entry") => id === ENTRY_ID || nodesOf(document).some((step) => step.id === id);
  return {
    id: `gone-${link.from}-${link.via}-${link.to}`,
    type: "arrow",
    source: there(link.from) ? String(link.from) : goneId(link.from),
    target: there(link.to) ? String(link.to) : goneId(link.to),
    sourceHandle: there(link.from) ? link.via : undefined,
    selectable: false,
    focusable: false,
    className: "cv-edge removed",
    markerEnd: { type: MarkerType.ArrowClosed, width: 16, height: 16 },
    data: {},
  };
}

/** A drawn connection as a link; null if it cannot be one. */
function linkOf(made: Connection, document: JourneyDocument): Link | null {
  const from = made.source === ENTRY_ID ? ("entry" as const) : Number(made.source);
  const to = Number(made.target);
  if (!made.sourceHandle || Number.isNaN(to) || (from !== "entry" && Number.isNaN(from)) || from === to) return null;
  return nodesOf(document).some((step) => step.id === to) ? { from, via: made.sourceHandle, to } : null;
}

function shallowly(one: Record<string, unknown>, other: Record<string, unknown>): boolean {
  const keys = Object.keys(other);
  return keys.length === Object.keys(one).length && keys.every((key) => alike(one[key], other[key]));
}

const alike = (one: unknown, other: unknown): boolean =>
  Object.is(one, other) || (small(one) && small(other) && JSON.stringify(one) === JSON.stringify(other));

/** Lists of connectors and findings: compared by what they hold. */
const small = (value: unknown): boolean =>
  Array.isArray(value) || (typeof value === "object" && value !== null && "errors" in value);
