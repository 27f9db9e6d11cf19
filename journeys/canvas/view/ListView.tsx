/** The journey as a structured list, equal to the graph: every node with where its connectors lead. */

import { IconButton } from "../../../segments/builder/fields/Icon";
import type { Checked } from "../calls";
import {
  goalsOf,
  type JourneyDocument,
  type Kinds,
  type Link,
  linksOf,
  nodesOf,
  pathNames,
  stepOf,
  title,
} from "../model/document";
import { marks } from "../model/graph";
import { sleepWords, spell, viaWords } from "../model/words";
import type { Focus } from "./selection";

interface Props {
  /** The connectors of a node, or of the entry. */
  viasOf: (source: number | "entry") => string[];
  document: JourneyDocument;
  checked: Checked;
  kinds: Kinds;
  editable: boolean;
  onFocus: (focus: Focus) => void;
  onConnect: (source: number | "entry") => void;
  onUnlink: (link: Link) => void;
  onRemove: (id: number) => void;
}

export function ListView(props: Props) {
  const { document, checked, kinds, editable, viasOf, onFocus, onConnect, onUnlink, onRemove } = props;
  const found = marks(document, checked.findings);
  const links = (from: number | "entry") => linksOf(document).filter((link) => link.from === from);
  const outlets = (from: number | "entry") => (
    <ul className="cv-outlets">
      {links(from).map((link) => {
        const target = stepOf(document, link.to);
        return (
          <li key={`${link.via} ${link.to}`}>
            <span>
              <b>{viaWords(link.via, from === "entry" ? [] : pathNames(stepOf(document, from)))}</b> →{" "}
              {target ? `${link.to} · ${title(target, kinds)}` : `node ${link.to}, which is gone`}
            </span>
            <button type="button" className="cv-plain" onClick={() => onFocus({ on: "link", link })}>
              {link.sleep ? `sleeps ${sleepWords(link.sleep)}` : editable ? "set a sleep" : "without a sleep"}
            </button>
            {editable && (
              <IconButton
                icon="close"
                label={`Remove the link ${viaWords(link.via)} to node ${link.to}`}
                onClick={() => onUnlink(link)}
              />
            )}
          </li>
        );
      })}
      {editable && viasOf(from).length > 0 && (
        <li>
          <button type="button" className="cv-plain" onClick={() => onConnect(from)}>
            Connect …
          </button>
        </li>
      )}
    </ul>
  );
  const segment = document.entry?.segment;
  return (
    <table className="sj-table cv-list">
      <thead>
        <tr>
          <th>Node</th>
          <th>Name</th>
          <th>Leads to</th>
          <th>Found</th>
          <th>
            <span className="cv-hidden">What can be done</span>
          </th>
        </tr>
      </thead>
      <tbody>
        <tr>
          <td>Setup</td>
          <td colSpan={3}>{document.entry?.criteria === "past" ? "At a specific time" : "By an event trigger"}</td>
          <td>
            <IconButton icon="edit" label="Open the setup" onClick={() => onFocus({ on: "setup" })} />
          </td>
        </tr>
        <tr>
          <td>Goals</td>
          <td colSpan={3}>
            {goalsOf(document)
              .map((goal) => goal.name || kinds.get(goal.kind)?.label)
              .join(", ") || "None"}
          </td>
          <td>
            <IconButton icon="edit" label="Open the goals" onClick={() => onFocus({ on: "goals" })} />
          </td>
        </tr>
        <tr>
          <td>Entry</td>
          <td>{segment ? (segment.name as string) || kinds.get(segment.kind)?.label : "Nobody yet"}</td>
          <td>{outlets("entry")}</td>
          <td>
            {found.get(0)?.errors.map((finding) => (
              <p key={finding.message}>{finding.message}</p>
            ))}
          </td>
          <td>
            <IconButton icon="edit" label="Open the entry" onClick={() => onFocus({ on: "entry" })} />
          </td>
        </tr>
        {nodesOf(document).map((step) => (
          <tr key={step.id}>
            <td className="nowrap">{step.id}</td>
            <td>
              <span className="strong">{title(step, kinds)}</span>
              <br />
              <span className="subtle">
                {kinds.get(step.kind)?.label}
                {step.window ? `, waits ${spell(step.window)}` : ""}
              </span>
            </td>
            <td>{outlets(step.id)}</td>
            <td>
              {[...(found.get(step.id)?.errors ?? []), ...(found.get(step.id)?.warnings ?? [])].map((finding) => (
                <p key={finding.message} className={finding.level === "error" ? "bad" : "warn"}>
                  {finding.message}
                </p>
              ))}
            </td>
            <td className="nowrap">
              <IconButton
                icon="edit"
                label={`Open node ${step.id}`}
                onClick={() => onFocus({ on: "node", id: step.id })}
              />
              {editable && (
                <IconButton icon="delete" label={`Remove node ${step.id}`} onClick={() => onRemove(step.id)} />
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
