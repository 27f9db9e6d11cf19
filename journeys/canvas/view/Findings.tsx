/** Everything that the publish checks found; choosing one goes to its node. */

import { Icon } from "../../../segments/builder/fields/Icon";
import { type Finding, type JourneyDocument, type Kinds, stepOf, title } from "../model/document";
import type { Focus } from "./selection";

interface Props {
  document: JourneyDocument;
  kinds: Kinds;
  findings: Finding[];
  stale: boolean;
  onGo: (focus: Focus) => void;
}

export function Findings({ document, kinds, findings, stale, onGo }: Props) {
  if (!findings.length) return <p className="sj-notice good">Nothing is in the way of publishing.</p>;
  return (
    <ul className={`cv-findings ${stale ? "stale" : ""}`}>
      {findings.map((finding) => (
        <li key={`${finding.code} ${finding.node} ${finding.field} ${finding.message}`} className={finding.level}>
          <button type="button" onClick={() => onGo(focusOf(finding))}>
            <Icon name={finding.level === "error" ? "error" : "warning"} />
            <span>
              {finding.message}
              <small>
                {finding.code} · {place(finding, document, kinds)}
              </small>
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function place(finding: Finding, document: JourneyDocument, kinds: Kinds): string {
  const step = finding.node ? stepOf(document, finding.node) : undefined;
  if (step) return `node ${step.id}, ${title(step, kinds)}`;
  return finding.field || "the journey";
}

/** The part of its node that a finding is about: “window”, or “content” of “config.content.subject”. */
export function partOf(finding: Finding): string | undefined {
  return /^(?:config\.)?(\w+)/.exec(finding.field)?.[1];
}

/** Where a finding is mended. */
export function focusOf(finding: Finding): Focus {
  if (finding.node) return { on: "node", id: finding.node, part: partOf(finding) };
  const goal = /^goals\[(\d+)\]/.exec(finding.field);
  if (goal) return { on: "goals", at: Number(goal[1]) };
  if (finding.field.startsWith("goals")) return { on: "goals" };
  return /^entry\.segment/.test(finding.field) ? { on: "entry" } : { on: "setup" };
}
