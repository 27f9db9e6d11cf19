/** A place in another journey: which journey, which of its nodes, by which connector. */

import type { FieldProps } from "@rjsf/utils";
import { useContext, useEffect, useState } from "react";
import { get } from "../../../config/islands/api";
import * as calls from "../calls";
import { nodesOf } from "../model/document";
import { viaWords } from "../model/words";
import { Around } from "../state/around";

const asked = new Map<number, Promise<calls.VersionAnswer>>();

/** The newest version of a journey, asked for once a page. */
function newest(journey: number): Promise<calls.VersionAnswer> {
  let answer = asked.get(journey);
  if (!answer) {
    answer = get<calls.VersionAnswer["journey"]>(`/api/journeys/${journey}/`).then((told) =>
      calls.load(journey, told.versions[0]?.number ?? 1),
    );
    answer.catch(() => asked.delete(journey));
    asked.set(journey, answer);
  }
  return answer;
}

function useNewest(journey: unknown): calls.VersionAnswer | null {
  const [found, setFound] = useState<calls.VersionAnswer | null>(null);
  useEffect(() => {
    let current = true;
    setFound(null);
    if (typeof journey === "number")
      newest(journey).then(
        (told) => current && setFound(told),
        () => undefined, // the numbers that are there stay to be seen
      );
    return () => {
      current = false;
    };
  }, [journey]);
  return found;
}

interface PickProps {
  field: FieldProps;
  /** Value and name. */
  options: [string, string][];
  read: (text: string) => unknown;
}

function Pick({ field, options, read }: PickProps) {
  const { formData, onChange, fieldPathId, schema, disabled, readonly } = field;
  const value = formData === undefined || formData === null ? "" : String(formData);
  const all = value && !options.some(([known]) => known === value) ? [...options, [value, value]] : options;
  return (
    <select
      className="rb-select"
      aria-label={(schema.title ?? "").trim()}
      disabled={disabled || readonly}
      value={value}
      onChange={(chosen) =>
        onChange(chosen.target.value ? read(chosen.target.value) : undefined, fieldPathId?.path ?? [])
      }
    >
      <option value="">Choose</option>
      {all.map(([key, name]) => (
        <option key={key} value={key}>
          {name}
        </option>
      ))}
    </select>
  );
}

const beside = (props: FieldProps) =>
  (props.registry.formContext?.value ?? {}) as { journey?: unknown; node?: unknown };

export function JourneyField(props: FieldProps) {
  const { journeys } = useContext(Around);
  return (
    <Pick
      field={props}
      read={Number}
      options={journeys.map((it) => [String(it.id), `${it.name || "(no name)"} · ${it.id}`])}
    />
  );
}

export function NodeField(props: FieldProps) {
  const { kinds } = useContext(Around);
  const found = useNewest(beside(props).journey);
  const steps = found ? nodesOf(found.document) : [];
  const name = (kind: string) => kinds.get(kind)?.label ?? kind;
  return (
    <Pick
      field={props}
      read={Number}
      options={steps.map((step) => [String(step.id), `${step.id} · ${step.name || name(step.kind)}`])}
    />
  );
}

export function ViaField(props: FieldProps) {
  const { journey, node } = beside(props);
  const found = useNewest(journey);
  const vias = found?.connectors[String(node)] ?? [];
  return <Pick field={props} read={String} options={vias.map((via) => [via, viaWords(via)])} />;
}
