/** The drawing board: React Flow with our boxes, kept in step with the document. */

import "@xyflow/react/dist/style.css";
import {
  Background,
  BackgroundVariant,
  type Connection,
  Controls,
  type Edge,
  MarkerType,
  MiniMap,
  type Node,
  type OnConnectEnd,
  ReactFlow,
  type ReactFlowInstance,
  SelectionMode,
  useNodesState,
} from "@xyflow/react";
import { useCallback, useEffect, useMemo, useRef } from "react";
import type { Checked } from "../calls";
import type { Difference } from "../model/diff";
import type { JourneyDocument, Kind, Kinds, Link } from "../model/document";
import { linksOf, nodesOf } from "../model/document";
import {
  arrows,
  type Arrow as Drawn,
  ENTRY_ID,
  marks,
  meetings,
  phantomVias,
  places,
  WIDTH,
  waitsForEver,
} from "../model/graph";
import { Arrow } from "./Arrow";
import { DRAGGED } from "./context";
import { EntryBox } from "./EntryBox";
import { MeetingBox } from "./MeetingBox";
import { StepBox } from "./StepBox";

const NODE_TYPES = { step: StepBox, entry: EntryBox, meeting: MeetingBox };
const EDGE_TYPES = { arrow: Arrow };
const MAP = { width: 150, height: 100 };
const ENTRY_PLACE: [number, number] = [0, 0];

export type Board = ReactFlowInstance<Node, Edge>;

interface Props {
  document: JourneyDocument;
  checked: Checked;
  kinds: Kinds;
  editable: boolean;
  difference: Difference | null;
  selected: Set<string>;
  onSelect: (nodes: string[], arrows: Drawn[]) => void;
  onMove: (places: Map<number, [number, number]>) => void;
  onConnect: (link: Link) => void;
  onRemove: (nodes: Set<number>, links: Link[]) => void;
  onDrop: (kind: string, at: [number, number]) => void;
  /** A connector was drawn to an empty place. */
  onLoose: (source: number | "entry", via: string, at: { x: number; y: number }) => void;
  onDuplicate: (id: number) => void;
  onReady: (board: Board) => void;
}

export function Canvas(props: Props) {
  const { document, checked, kinds, editable, difference, selected, onSelect } = props;
  const wanted = useMemo(
    () => boxes(document, checked, kinds, editable, difference),
    [document, checked, kinds, editable, difference],
  );
  const [nodes, setNodes, onNodesChange] = useNodesState<Node>([]);
  const chosen = useRef(selected);
  chosen.current = selected;

  useEffect(() => {
    setNodes((now) => {
      const before = new Map(now.map((node) => [node.id, node]));
      return wanted.map((node) => {
        const old = before.get(node.id);
        const same = old && shallowly(old.data, node.data) ? old.data : node.data;
        return old
          ? { ...old, position: node.position, data: same, draggable: node.draggable }
          : { ...node, selected: chosen.current.has(node.id) };
      });
    });
  }, [wanted, setNodes]);

  useEffect(() => {
    setNodes((now) =>
      now.some((node) => Boolean(node.selected) !== selected.has(node.id))
        ? now.map((node) => ({ ...node, selected: selected.has(node.id) }))
        : now,
    );
  }, [selected, setNodes]);

  const drawn = useMemo(() => arrows(document), [document]);
  const edges = useMemo(
    () => drawn.map((arrow) => edgeOf(arrow, selected.has(arrow.id), difference)),
    [drawn, selected, difference],
  );

  const told = useRef("");
  const onSelectionChange = useCallback(
    ({ nodes, edges }: { nodes: Node[]; edges: Edge[] }) => {
      const ids = nodes.map((node) => node.id);
      const links = edges.flatMap((edge) => (edge.data?.arrow ? [edge.data.arrow as Drawn] : []));
      const now = [...ids, ...links.map((link) => link.id)].join(" ");
      if (now === told.current) return;
      told.current = now;
      onSelect(ids, links);
    },
    [onSelect],
  );

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
      nodes={nodes}
      edges={edges}
      nodeTypes={NODE_TYPES}
      edgeTypes={EDGE_TYPES}
      onNodesChange={onNodesChange}
      onSelectionChange={onSelectionChange}
      onEdgesChange={(changes) => {
        const picked = changes.find((change) => change.type === "select" && change.selected);
        const arrow = picked && "id" in picked ? drawn.find((it) => it.id === picked.id) : undefined;
        if (arrow) onSelect([], [arrow]);
      }}
      onInit={props.onReady}
      onNodeDragStop={(_, __, moved) =>
        props.onMove(
          new Map(
            moved
              .filter((node) => node.type === "step")
              .map((node) => [Number(node.id), [node.position.x, node.position.y]]),
          ),
        )
      }
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
        if ((click.ctrlKey || click.altKey || click.metaKey) && node.type === "step" && editable)
          props.onDuplicate(Number(node.id));
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
      fitViewOptions={{ maxZoom: 1, padding: 0.12 }}
      proOptions={{ hideAttribution: true }}
      aria-label="Canvas of the journey; the list view says the same in words"
    >
      <Background variant={BackgroundVariant.Dots} gap={20} size={1} />
      <Controls showInteractive={false} position="bottom-left" />
      <MiniMap
        pannable
        zoomable
        position="bottom-right"
        nodeStrokeWidth={3}
        ariaLabel="Map of the journey"
        style={MAP}
      />
    </ReactFlow>
  );
}

function boxes(
  document: JourneyDocument,
  checked: Checked,
  kinds: Kinds,
  editable: boolean,
  difference: Difference | null,
): Node[] {
  const links = linksOf(document);
  const findings = marks(document, checked.findings);
  const waiting = waitsForEver(document, kinds);
  const where = places(document);
  const drawn = (id: number | "entry") => [
    ...new Set(links.filter((link) => link.from === id).map((link) => link.via)),
  ];
  const entry = kinds.get(document.entry?.segment?.kind ?? "");
  const left = Math.min(0, ...[...where.values()].map(([x]) => x - WIDTH - 110));
  const made: Node[] = [
    {
      id: ENTRY_ID,
      type: "entry",
      position: { x: left, y: ENTRY_PLACE[1] },
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
    const [x, y] = where.get(step.id) ?? ENTRY_PLACE;
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
  return made;
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
