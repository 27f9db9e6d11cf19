/** The fields of one clause, whichever question it asks. */

import { Select } from "../fields/basic";
import { Combobox } from "../fields/Combobox";
import { Icon, IconButton } from "../fields/Icon";
import { type Behaviour, type Channel, type EventPart, kindOf, type Leaf, without } from "../rule";
import { canShow } from "../shapes";
import { ConditionEditor } from "./ConditionEditor";
import { EventEditor } from "./EventEditor";
import { InterestEditor } from "./InterestEditor";
import { Kind } from "./Kind";
import { NearEditor } from "./NearEditor";

const CHANNEL_NAMES: readonly (readonly [Channel, string])[] = [
  ["email", "e-mail"],
  ["sms", "SMS"],
  ["whatsapp", "WhatsApp"],
  ["rcs", "RCS"],
  ["push", "push"],
  ["web_push", "web push"],
];

interface Props {
  leaf: Leaf;
  onChange: (leaf: Leaf) => void;
  /** For screen readers: “Condition 2”. */
  label: string;
}

export function ClauseEditor({ leaf, onChange, label }: Props) {
  if (!canShow(leaf)) return <Unknown leaf={leaf} />;
  if ("did" in leaf) return <BehaviourEditor done value={leaf.did} {...{ onChange, label }} />;
  if ("did_not" in leaf) return <BehaviourEditor done={false} value={leaf.did_not} {...{ onChange, label }} />;
  if ("interest" in leaf) {
    return <InterestEditor label={label} value={leaf.interest} onChange={(interest) => onChange({ interest })} />;
  }
  if ("near" in leaf) return <NearEditor label={label} value={leaf.near} onChange={(near) => onChange({ near })} />;
  if ("profile" in leaf) {
    return (
      <div className="rb-row">
        <Kind kind="profile" />
        <ConditionEditor
          kind="profile_property"
          label={label}
          value={leaf.profile}
          onChange={(profile) => onChange({ profile })}
        />
      </div>
    );
  }
  if ("reachable" in leaf) {
    return (
      <div className="rb-row">
        <Kind kind="reachable" />
        <span className="rb-word">by</span>
        <Select
          label={`${label}: channel`}
          value={leaf.reachable}
          options={CHANNEL_NAMES}
          onChange={(reachable) => onChange({ reachable })}
        />
      </div>
    );
  }
  if ("segment" in leaf) {
    return (
      <div className="rb-row">
        <Kind kind="segment" text="Is in the segment" />
        <Combobox
          kind="segment"
          free={false}
          label={`${label}: segment`}
          value={leaf.segment}
          placeholder="segment"
          onChange={(segment) => onChange({ segment })}
        />
      </div>
    );
  }
  return (
    <div className="rb-row">
      <Kind kind="list" text="Is on the list" />
      <Combobox
        kind="list"
        free={false}
        label={`${label}: list`}
        value={leaf.list}
        placeholder="list"
        onChange={(list) => onChange({ list })}
      />
    </div>
  );
}

function Unknown({ leaf }: { leaf: object }) {
  return (
    <div className="rb-row rb-unknown">
      <span className="rb-kind">
        <Icon name="lock" />
        Kept as it is
      </span>
      <code>{JSON.stringify(leaf)}</code>
      <span className="rb-note">
        This page has no fields for “{kindOf(leaf)}” like this. It counts, and stays as written.
      </span>
    </div>
  );
}

type Joined = "any" | "all";

function BehaviourEditor({ done, value, onChange, label }: { done: boolean; value: Behaviour } & Omit<Props, "leaf">) {
  const several = "any" in value || "all" in value;
  const joined: Joined = "all" in value ? "all" : "any";
  const events: EventPart[] = several ? ((value as Record<Joined, EventPart[]>)[joined] ?? []) : [value as EventPart];
  const put = (next: Behaviour, isDone = done) => onChange(isDone ? { did: next } : { did_not: next });
  const putAll = (next: EventPart[], by: Joined = joined) => {
    const [only] = next;
    put(next.length === 1 && only ? only : by === "all" ? { all: next } : { any: next });
  };
  const turn = (isDone: boolean) => {
    // What did_not has no words for, how often and how much, is left behind.
    const fits = (part: EventPart): EventPart =>
      isDone ? part : without(part, "count", "sum", "average", "first_time", "last_time");
    if (!several) return put(fits(events[0] as EventPart), isDone);
    return put(joined === "all" ? { all: events.map(fits) } : { any: events.map(fits) }, isDone);
  };
  const verb = (
    <span className={`rb-kind ${done ? "did" : "did_not"}`}>
      <Icon name={done ? "bolt" : "block"} />
      <Select
        className="bare"
        label={`${label}: did or did not`}
        value={done ? "did" : "did_not"}
        options={[
          ["did", "Did"],
          ["did_not", "Did not do"],
        ]}
        onChange={(it) => turn(it === "did")}
      />
    </span>
  );
  const another = events.length < 10 && (
    <button type="button" className="rb-plus" onClick={() => putAll([...events, { event: "" }])}>
      <Icon name="add" />
      {several ? "another event" : "or another event"}
    </button>
  );
  if (!several) {
    return (
      <EventEditor
        before={verb}
        after={another}
        done={done}
        label={label}
        value={events[0] as EventPart}
        onChange={(next) => put(next)}
      />
    );
  }
  return (
    <>
      <div className="rb-row">
        {verb}
        <Select
          label={`${label}: any or all`}
          value={joined}
          options={[
            ["any", "any of these events"],
            ["all", "all of these events"],
          ]}
          onChange={(next) => putAll(events, next)}
        />
      </div>
      {events.map((part, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: events have no name of their own, and are never reordered
        <div key={at} className="rb-event">
          <EventEditor
            done={done}
            label={`${label}, event ${at + 1}`}
            value={part}
            onChange={(next) => put({ [joined]: events.map((old, other) => (other === at ? next : old)) } as Behaviour)}
            before={<span className="rb-word">{at === 0 ? "event" : joined === "any" ? "or" : "and"}</span>}
          />
          {events.length > 1 && (
            <IconButton
              icon="close"
              label={`Remove event ${at + 1}`}
              onClick={() => putAll(events.filter((_, other) => other !== at))}
            />
          )}
        </div>
      ))}
      <div className="rb-more">{another}</div>
    </>
  );
}
