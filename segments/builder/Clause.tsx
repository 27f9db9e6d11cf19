/** One clause in the tree: its handle, its fields, what is wrong with it, and what can be done with it. */

import { useEffect, useRef } from "react";
import { type RuleProps, useRule } from "react-querybuilder";
import { ClauseEditor } from "./clauses/ClauseEditor";
import { useShared } from "./context";
import { Icon, IconButton } from "./fields/Icon";
import { Menu } from "./fields/Menu";
import type { Leaf } from "./rule";
import { missing } from "./unfinished";

export function Clause(props: RuleProps) {
  const rule = useRule(props);
  const { problems, numbers, added, strict } = useShared();
  const root = useRef<HTMLDivElement | null>(null);
  const id = rule.rule.id ?? "";
  const leaf = rule.rule.value as Leaf;
  const label = `Condition ${numbers.get(id) ?? ""}`;
  const wrong = problems.get(id) ?? [];
  const asks = missing(leaf);

  useEffect(() => {
    if (added.id !== id) return;
    added.id = null;
    const fields = root.current?.querySelector(".rb-fields");
    (fields?.querySelector<HTMLElement>("input") ?? fields?.querySelector<HTMLElement>("select"))?.focus();
  }); // whenever it is drawn: the library draws a new part before it tells of it

  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out as a grid everywhere
    <div
      ref={(element) => {
        root.current = element;
        if (typeof rule.dndRef === "function") rule.dndRef(element);
      }}
      role="group"
      aria-label={label}
      className={`rb-clause ${rule.isDragging ? "dragging" : ""} ${rule.isOver ? "over" : ""} ${wrong.some((it) => it.level === "error") ? "wrong" : ""}`}
    >
      <Handle refer={rule.dragRef} attributes={rule.dragHandleAttributes} label={label} />
      <div className="rb-fields">
        <ClauseEditor leaf={leaf} label={label} onChange={(next) => rule.onChangeValue(next)} />
        <Problems problems={wrong} />
        {strict && asks.length > 0 && (
          <p className="rb-ask">
            <Icon name="edit" />
            {asks.join(" ")}
          </p>
        )}
      </div>
      <Actions
        label={label}
        onUp={() => rule.shiftRuleUp()}
        onDown={() => rule.shiftRuleDown()}
        first={Boolean(rule.shiftUpDisabled)}
        last={Boolean(rule.shiftDownDisabled)}
        onCopy={() => rule.cloneRule()}
        onRemove={() => rule.removeRule()}
      />
    </div>
  );
}

interface HandleProps {
  refer: RuleProps["dragRef"];
  attributes?: React.HTMLAttributes<HTMLElement>;
  label: string;
}

/** What a part is dragged by, with the pointer or, after Space, with the arrow keys. */
export function Handle({ refer, attributes, label }: HandleProps) {
  return (
    <button
      {...attributes}
      type="button"
      ref={refer as React.Ref<HTMLButtonElement>}
      className="rb-handle"
      aria-label={`Move ${label}`}
      title="Drag to move"
    >
      <Icon name="drag_indicator" />
    </button>
  );
}

interface ActionsProps {
  label: string;
  first: boolean;
  last: boolean;
  onUp: () => void;
  onDown: () => void;
  onCopy: () => void;
  onRemove: () => void;
}

export function Actions({ label, first, last, onUp, onDown, onCopy, onRemove }: ActionsProps) {
  const choices = [
    ...(first ? [] : [{ key: "up", icon: "arrow_upward", label: "Move up" }]),
    ...(last ? [] : [{ key: "down", icon: "arrow_downward", label: "Move down" }]),
    { key: "copy", icon: "content_copy", label: "Duplicate" },
  ];
  return (
    <div className="rb-actions">
      <Menu
        label={`More for ${label}`}
        icon="more_vert"
        bare
        choices={choices}
        onChoose={(key) => (key === "up" ? onUp() : key === "down" ? onDown() : onCopy())}
      />
      <IconButton icon="delete" label={`Remove ${label}`} onClick={onRemove} />
    </div>
  );
}

export function Problems({ problems }: { problems: { code: string; level: string; message: string }[] }) {
  return problems.map((problem) => (
    <p key={`${problem.code} ${problem.message}`} className={`rb-problem ${problem.level}`}>
      <Icon name={problem.level === "error" ? "error" : "warning"} />
      {problem.message}
    </p>
  ));
}
