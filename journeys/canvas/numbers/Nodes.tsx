/** Node stats: the journey as it is drawn, with what each node did with people, and the same as a table. */

import { useCallback, useMemo, useState } from "react";
import * as calls from "../calls";
import { moveNodes } from "../model/edit";
import { viaWords } from "../model/words";
import { type Board, Canvas, fitting } from "../view/Canvas";
import { SharedContext } from "../view/context";
import { aligned } from "../view/layout";
import { count, percent, sum, useAsked } from "./asked";
import type { Shared } from "./Numbers";
import { PathsCard } from "./PathsCard";
import { Scroll } from "./Scroll";
import { SharesCard } from "./SharesCard";

export function Nodes({ version, days, kinds, people }: Shared) {
  const { journey, number } = version;
  const [document, setDocument] = useState(version.document); // always laid out by itself (domain 9.1)
  const [map, setMap] = useState(false);
  const layOut = useCallback(
    (board: Board) => {
      void aligned(board, version.document).then((found) => {
        setDocument(moveNodes(version.document, found));
        requestAnimationFrame(() => void board.fitView(fitting(false)));
      });
    },
    [version.document],
  );
  const { answer, error } = useAsked(`${days.first} ${days.last}`, () => calls.nodeStats(journey.id, number, days));
  const [chosen, setChosen] = useState<number | null>(null);
  const numbers = useMemo(() => new Map(answer?.nodes.map((node) => [node.number, node])), [answer]);
  const shared = useMemo(
    () => ({
      kinds,
      editable: false,
      focus: () => undefined,
      dropOn: () => undefined,
      unlink: () => undefined,
      numbers,
    }),
    [kinds, numbers],
  );
  const checked = useMemo(() => ({ findings: [], connectors: version.connectors, required: {} }), [version]);
  if (error) return <p className="sj-notice bad">{error}</p>;
  if (!answer) return <p className="subtle">Counting …</p>;
  const node = chosen === null ? undefined : numbers.get(chosen);
  const { entry } = answer;
  return (
    <SharedContext.Provider value={shared}>
      <div className="sj-tiles">
        <Tile what="Qualified" figure={entry.qualified} />
        <Tile what="Entered" figure={entry.entered} />
        <Tile what="Control group" figure={entry.held_out} />
      </div>
      <div className="cv nb-board">
        <div className="cv-middle">
          <div className="cv-board">
            <Canvas
              document={document}
              checked={checked}
              kinds={kinds}
              editable={false}
              difference={null}
              selected={NOBODY}
              onSelect={nothing}
              onOpen={setChosen}
              onEmpty={() => setChosen(null)}
              about={chosen === null ? null : String(chosen)}
              map={map}
              onMap={() => setMap(!map)}
              onMove={nothing}
              onConnect={nothing}
              onRemove={nothing}
              onDrop={nothing}
              onLoose={nothing}
              onDuplicate={nothing}
              onReady={layOut}
            />
          </div>
          {node && (
            <aside className="cv-panel" aria-label={`Numbers of node ${node.number}`}>
              <header>
                <h2>
                  {node.name || node.label} <small>· node {node.number}</small>
                </h2>
              </header>
              <div className="cv-panelbody">
                <Facts node={node} people={people} version={number} />
                {node.kind === "intellinode" && <Weights key={node.number} version={version} node={node.number} />}
                {(node.kind === "intellinode" || node.kind === "split") && (
                  <PathsCard
                    key={`paths ${node.number}`}
                    journey={journey.id}
                    version={number}
                    node={node.number}
                    days={days}
                    goals={node.kind === "intellinode"}
                  />
                )}
              </div>
            </aside>
          )}
        </div>
      </div>
      <div className="sj-card">
        <Scroll>
          <table className="sj-table">
            <thead>
              <tr>
                <th>Node</th>
                <th>Name</th>
                {["Entered", "Moved on", "Before it", "At it", "Goal met", "Timed out", "Other exits"].map((name) => (
                  <th key={name} className="number">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {answer.nodes.map((it) => (
                <tr key={it.number}>
                  <td>{it.number > 0 ? it.number : "–"}</td>
                  <td>
                    {it.name || it.label} {it.name && <span className="subtle">{it.label}</span>}
                  </td>
                  <td className="number">{count(it.entered)}</td>
                  <td className="number">{count(it.moved)}</td>
                  <td className="number">{count(it.waiting_before)}</td>
                  <td className="number">{count(it.waiting_at)}</td>
                  <td className="number">{count(sum(it.goal_before) + sum(it.goal_at))}</td>
                  <td className="number">{count(it.exits.journey_timeout ?? 0)}</td>
                  <td className="number">{count(sum(it.exits) - (it.exits.journey_timeout ?? 0))}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      </div>
    </SharedContext.Provider>
  );
}

function Weights({ version, node }: { version: calls.VersionAnswer; node: number }) {
  const { journey, number } = version;
  const { answer } = useAsked(String(node), () => calls.shares(journey.id, number, node));
  const [changed, setChanged] = useState<calls.Shares | null>(null);
  const shares = changed ?? answer;
  if (!shares) return null;
  return (
    <SharesCard
      journey={journey.id}
      version={number}
      node={node}
      shares={shares}
      may={version.editable === "what"}
      onChange={setChanged}
    />
  );
}

const NOBODY = new Set<string>();
const nothing = () => undefined;

function Tile({ what, figure }: { what: string; figure: number }) {
  return (
    <div className="sj-tile">
      <div className="what">{what}</div>
      <div className="figure">{count(figure)}</div>
    </div>
  );
}

function Facts({ node, people, version }: { node: calls.NodeNumbers; people: string; version: number }) {
  const lines: [string, string][] = [
    ["Entered node", count(node.entered)],
    ["Moved forward", count(node.moved)],
    ...Object.entries(node.forward).map(([via, value]): [string, string] => [`  via ${viaWords(via)}`, count(value)]),
    ["Waiting before the node", count(node.waiting_before)],
    ["Waiting at the node", count(node.waiting_at)],
    ["Goal met before the node", count(sum(node.goal_before))],
    ["Goal met at the node", count(sum(node.goal_at))],
    ...Object.entries(node.exits).map(([reason, value]): [string, string] => [
      `Exit: ${reason.replaceAll("_", " ")}`,
      count(value),
    ]),
    ...Object.entries(node.outcomes).map(([name, value]): [string, string] => [`Messages ${name}`, count(value)]),
    ...(node.converted ? [["Converted", count(node.converted)] as [string, string]] : []),
    ...(node.influenced ? [["Of them influenced", count(node.influenced)] as [string, string]] : []),
    ...(node.failed_updates ? [["Updates that failed", count(node.failed_updates)] as [string, string]] : []),
  ];
  return (
    <>
      <dl className="sj-facts">
        {lines.map(([what, figure]) => (
          <div key={what} className="cv-fact">
            <dt>{what}</dt>
            <dd className="number">{figure}</dd>
          </div>
        ))}
      </dl>
      {node.paths.length > 0 && (
        <table className="sj-table">
          <thead>
            <tr>
              <th>Path</th>
              <th className="number">Entered</th>
              {node.paths[0]?.goals.map((_, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a goal is known by its place
                <th key={at} className="number">
                  Goal {at + 1}
                </th>
              ))}
              <th className="number">Conversions</th>
              <th className="number">%</th>
            </tr>
          </thead>
          <tbody>
            {node.paths.map((path) => (
              <tr key={path.via}>
                <td>{path.name || viaWords(path.via)}</td>
                <td className="number">{count(path.entered)}</td>
                {path.goals.map((value, at) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: a goal is known by its place
                  <td key={at} className="number">
                    {count(value)}
                  </td>
                ))}
                <td className="number">{count(path.goals.reduce((one, other) => one + other, 0))}</td>
                <td className="number">{percent(path.rate)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {node.waiting_at + node.waiting_before > 0 && (
        <a className="sj-button" href={`${people}?version=${version}&node=${node.number}`}>
          Who is here
        </a>
      )}
    </>
  );
}
