/**
 * An editor for one rule, for the page of a saved segment and for the canvas alike.
 *
 * It holds the tree with its undo steps; the rule goes in and comes out as the document of `segments.rules`. Styles come
 * from builder.css, colours from `.sj` around it.
 */

import "./builder.css";
import * as DndKit from "@dnd-kit/core";
import { QueryBuilderDnD } from "@react-querybuilder/dnd";
import { createDndKitAdapter } from "@react-querybuilder/dnd/dnd-kit";
import { useEffect, useMemo, useRef, useState } from "react";
import { type Path, QueryBuilder, type RuleGroupType } from "react-querybuilder";
import type { Problem } from "../../config/islands/api";
import { Clause } from "./Clause";
import { type Added, SharedContext } from "./context";
import { IconButton } from "./fields/Icon";
import { GroupBox } from "./GroupBox";
import type { Rule } from "./rule";
import { clauses, type Group, isGroup, newId, place, toRule, toTree } from "./tree";
import { begin, change, redo, type Steps, undo } from "./undo";
import { isUnfinished } from "./unfinished";

const ADAPTER = createDndKitAdapter(DndKit);
const FIELDS = [{ name: "clause", label: "Clause" }];
const OPERATORS = [{ name: "=", label: "=" }];
const COMBINATORS = ["all", "any", "none", "not_all"].map((name) => ({ name, label: name }));
const CONTROLS = { rule: Clause, ruleGroup: GroupBox };
const NOTHING: Problem[] = [];

interface Props {
  /** The rule to start with; another one given later replaces what is being edited. null: none yet. */
  rule: Rule | null;
  /** Called on every change. finished: nothing is left to fill in, so the rule can be counted and saved. */
  onChange: (rule: Rule | null, finished: boolean) => void;
  /** What is wrong, with paths into the rule (“all.1.did.count”): shown at the clause. */
  problems?: Problem[];
  /** Whether unfinished clauses say what they still need. */
  strict?: boolean;
  /** What stands in the place of a rule without any part. */
  empty?: React.ReactNode;
  /** What stands at the left of undo and redo. */
  title?: React.ReactNode;
}

export function RuleEditor({ rule, onChange, problems = NOTHING, strict = true, empty, title }: Props) {
  const [steps, setSteps] = useState<Steps<Group>>(() => begin(toTree(rule)));
  const told = useRef(JSON.stringify(rule));
  const added = useRef<Added>({ wanted: false, id: null }).current;
  const tree = steps.present;

  useEffect(() => {
    const given = JSON.stringify(rule);
    if (given === told.current) return;
    told.current = given;
    setSteps(begin(toTree(rule)));
  }, [rule]);

  const step = (next: Steps<Group>) => {
    if (next === steps) return;
    setSteps(next);
    const written = toRule(next.present);
    told.current = JSON.stringify(written);
    onChange(written, !isUnfinished(next.present));
  };
  const edit = (query: RuleGroupType) => {
    const next = named(query);
    if (added.wanted) {
      const before = new Set(clauses(tree).map((part) => part.id)); // the library gives new parts ids of its own
      added.id = clauses(next).find((part) => !before.has(part.id))?.id ?? null;
      added.wanted = false;
    }
    step(change(steps, next, changedPlace(tree, next), Date.now()));
  };
  const onKeyDown = (press: React.KeyboardEvent) => {
    if (!(press.ctrlKey || press.metaKey) || press.altKey) return;
    const key = press.key.toLowerCase();
    if (key !== "z" && key !== "y") return;
    press.preventDefault();
    step(key === "y" || press.shiftKey ? redo(steps) : undo(steps));
  };

  const shared = useMemo(
    () => ({
      problems: place(tree, problems),
      numbers: new Map(clauses(tree).map((part, at) => [part.id, at + 1])),
      added,
      strict,
    }),
    [tree, problems, strict, added],
  );

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: hears Ctrl+Z from the fields in it
    <div className="rb" onKeyDown={onKeyDown}>
      <div className="rb-bar">
        <div className="rb-title">{title}</div>
        <IconButton icon="undo" label="Undo (Ctrl+Z)" disabled={!steps.past.length} onClick={() => step(undo(steps))} />
        <IconButton
          icon="redo"
          label="Redo (Ctrl+Shift+Z)"
          disabled={!steps.future.length}
          onClick={() => step(redo(steps))}
        />
      </div>
      {tree.rules.length === 0 && empty}
      <SharedContext.Provider value={shared}>
        <QueryBuilderDnD dnd={ADAPTER} controlElements={CONTROLS} copyModeModifierKey="alt" groupModeModifierKey="ctrl">
          <QueryBuilder
            query={tree}
            onQueryChange={edit}
            fields={FIELDS}
            operators={OPERATORS}
            combinators={COMBINATORS}
            enableMountQueryChange={false}
            resetOnFieldChange={false}
            idGenerator={newId}
            controlClassnames={PLAIN}
            suppressStandardClassnames
          />
        </QueryBuilderDnD>
      </SharedContext.Provider>
    </div>
  );
}

const PLAIN = { queryBuilder: "rb-tree" };

/** The tree that the library gives back. A bare group that got other parts is one of its own from then on. */
function named(query: RuleGroupType): Group {
  const { path: _path, ...rest } = query as Group & { path?: Path };
  const rules = rest.rules.map((part) => {
    if (isGroup(part)) return named(part);
    const { path: _where, ...leaf } = part;
    return leaf;
  });
  const { bare, ...own } = rest;
  return (bare && rules.length === 1 ? { ...own, bare, rules } : { ...own, rules }) as Group;
}

/** The clause that alone differs between two trees, with its kind; empty if the change was of another sort. */
function changedPlace(before: Group, after: Group): string {
  const [old, fresh] = [clauses(before), clauses(after)];
  if (old.length !== fresh.length || old.some((part, at) => part.id !== fresh[at]?.id)) return "";
  const changed = fresh.filter((part, at) => part.value !== old[at]?.value);
  return changed.length === 1 ? (changed[0]?.id ?? "") : "";
}
