/** One group in the tree: how its parts are joined, the parts, and what adds to them. */

import { RuleGroupBodyComponents, type RuleGroupProps, useRuleGroup } from "react-querybuilder";
import { Actions, Handle, Problems } from "./Clause";
import { KINDS } from "./clauses/kinds";
import { useShared } from "./context";
import { Select } from "./fields/basic";
import { Icon } from "./fields/Icon";
import { Menu } from "./fields/Menu";
import type { LeafKind } from "./rule";
import { type Combinator, clause, group } from "./tree";

const JOINS: readonly (readonly [Combinator, string])[] = [
  ["all", "All of these"],
  ["any", "Any of these"],
  ["none", "None of these"],
  ["not_all", "Not all of these"],
];
const DEEPEST = 9; // groups inside one another, as in segments.rules
const CHOICES = Object.entries(KINDS).map(([key, kind]) => ({
  key,
  icon: kind.icon,
  label: kind.label,
  hint: kind.hint,
}));

export function GroupBox(props: RuleGroupProps) {
  const box = useRuleGroup(props);
  const { problems, added } = useShared();
  const id = box.ruleGroup.id ?? "";
  const root = box.path.length === 0;
  const label = root ? "the whole rule" : `group ${box.path.map((at) => at + 1).join(".")}`;
  const combinator = box.combinator as Combinator;

  const addClause = (key: string) => {
    added.wanted = true;
    box.actions.onRuleAdd(clause(KINDS[key as LeafKind].fresh), box.path);
  };
  const addGroup = () => {
    added.wanted = true;
    box.actions.onGroupAdd(group(combinator === "any" ? "all" : "any", [clause(KINDS.did.fresh)]), box.path);
  };

  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out as a grid everywhere
    <div
      ref={box.previewRef}
      role="group"
      aria-label={root ? "The whole rule" : `Group ${box.path.map((at) => at + 1).join(".")}`}
      className={`rb-group ${combinator} level-${box.path.length % 4} ${root ? "root" : ""} ${box.isDragging ? "dragging" : ""}`}
    >
      <div ref={box.dropRef} className={`rb-head ${box.isOver ? "over" : ""}`}>
        {!root && <Handle refer={box.dragRef} attributes={box.dragHandleAttributes} label={label} />}
        <Select<Combinator>
          className="join"
          label={`How the parts of ${label} are joined`}
          value={combinator}
          options={JOINS}
          onChange={(next) => box.onCombinatorChange(next)}
        />
        {!root && (
          <Actions
            label={label}
            first={Boolean(box.shiftUpDisabled)}
            last={Boolean(box.shiftDownDisabled)}
            onUp={() => box.shiftGroupUp()}
            onDown={() => box.shiftGroupDown()}
            onCopy={() => box.cloneGroup()}
            onRemove={() => box.removeGroup()}
          />
        )}
      </div>
      <Problems problems={problems.get(id) ?? []} />
      <div className="rb-body">
        <RuleGroupBodyComponents {...box} />
        {box.ruleGroup.rules.length === 0 && !root && <p className="rb-ask">Add a condition, or remove this group.</p>}
      </div>
      <div className="rb-foot">
        <Menu label="Condition" choices={CHOICES} onChoose={addClause} />
        {box.path.length < DEEPEST && (
          <button type="button" className="rb-add" onClick={addGroup}>
            <Icon name="account_tree" />
            Group
          </button>
        )}
      </div>
    </div>
  );
}
