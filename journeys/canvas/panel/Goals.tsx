/** Up to three goals. Meeting any of them ends the stay. */

import { lazy, Suspense } from "react";
import { IconButton } from "../../../segments/builder/fields/Icon";
import { Menu } from "../../../segments/builder/fields/Menu";
import { type Body, type Config, goalsOf, type Kinds } from "../model/document";
import * as edit from "../model/edit";
import type { JourneyState } from "../state/useJourney";
import { iconOf } from "../view/icons";

const ConfigForm = lazy(() => import("../forms/ConfigForm"));
const MOST = 3;

export function Goals({ journey, kinds, at }: { journey: JourneyState; kinds: Kinds; at?: number }) {
  const { document, checked } = journey;
  const goals = goalsOf(document);
  const all = journey.editable === "all";
  const set = (next: Body[], place = "") => journey.edit((now) => ({ ...now, goals: next }), place);
  const change = (place: number, goal: Body) =>
    set(
      goals.map((it, index) => (index === place ? goal : it)),
      `goal ${place}`,
    );
  return (
    <>
      <p className="subtle">Whoever meets any goal leaves the journey at once and is sent nothing more. Up to three.</p>
      {goals.map((goal, index) => {
        const kind = kinds.get(goal.kind);
        const findings = checked.findings
          .filter((finding) => finding.field.startsWith(`goals[${index}]`))
          .map((finding) => ({ ...finding, field: finding.field.slice(`goals[${index}]`.length).replace(/^\./, "") }));
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a goal is known by its place alone
          <details key={index} className="cv-goalcard" open={at === undefined ? goals.length === 1 : at === index}>
            <summary>
              Goal {index + 1}: {goal.name || kind?.label || goal.kind}
              {findings.length > 0 && <span className="bad"> · not finished</span>}
            </summary>
            <label className="cv-field">
              <span className="cv-label">Name</span>
              <input
                className="rb-input"
                value={goal.name ?? ""}
                disabled={!all}
                onChange={(typed) => change(index, { ...goal, name: typed.target.value })}
              />
            </label>
            {kind && (
              <Suspense fallback={<p className="subtle">Loading the form …</p>}>
                <ConfigForm
                  schema={kind.schema}
                  value={edit.bodyConfig(goal)}
                  locked={all ? [] : null}
                  findings={findings}
                  providers={[]}
                  onChange={(config: Config) => change(index, edit.withConfig(goal, config))}
                />
              </Suspense>
            )}
            {all && (
              <IconButton
                icon="delete"
                label={`Remove goal ${index + 1}`}
                onClick={() => set(goals.filter((_, place) => place !== index))}
              />
            )}
          </details>
        );
      })}
      {all && goals.length < MOST && (
        <Menu
          label="Goal"
          choices={[...kinds.values()]
            .filter((kind) => kind.goal)
            .map((kind) => ({ key: kind.name, icon: iconOf(kind), label: kind.label, hint: kind.hint }))}
          onChoose={(kind) => set([...goals, edit.newBody(kind)])}
        />
      )}
    </>
  );
}
