/** Texts with Liquid: “@” proposes what can be put in; e-mail HTML shows as source, on a desk and in a hand. */

import type { WidgetProps } from "@rjsf/utils";
import { useEffect, useId, useState } from "react";
import { type Name, names } from "../../../segments/builder/calls";

export function LiquidWidget(props: WidgetProps) {
  const rows = Number(props.options.rows ?? 1);
  return <LiquidText {...props} event={props.registry.formContext?.event} rows={rows} />;
}

interface LiquidProps {
  value?: string;
  onChange: (value: string | undefined) => void;
  label: string;
  rows: number;
  /** The event that leads people here, if there is just one: its properties are proposed. */
  event?: string;
  disabled?: boolean;
  readonly?: boolean;
  code?: boolean;
}

type Part = [string, string];

const FIRST: Part[] = [
  ["Name", '{{ Profile.Name | default: "friend" }}'],
  ["First name", '{{ Profile.Name | split: " " | first | default: "friend" }}'],
];
const LAST: Part[] = [
  ["Only if", '{% if Profile.property == "value" %}…{% endif %}'],
  ["Do not send", "{% abort %}"],
];

const output = (object: string, name: string): string =>
  /^[A-Za-z_][\w-]*$/.test(name) ? `{{ ${object}.${name} | default: "" }}` : `{{ ${object}["${name}"] | default: "" }}`;

/** What a text may hold of a person and of the event: names that were really received. */
function useParts(asked: boolean, event: string | undefined): Part[] {
  const [found, setFound] = useState<Part[]>([]);
  useEffect(() => {
    if (!asked) return;
    let current = true;
    const of = (object: string, list: Name[]): Part[] =>
      list
        .filter((it) => it.name !== "Name")
        .map((it) => [`${object}: ${it.label || it.name}`, output(object, it.name)]);
    Promise.all([event ? names("event_property", "", event) : Promise.resolve([]), names("profile_property", "")]).then(
      ([ofEvent, ofPerson]) => current && setFound([...of("Event", ofEvent), ...of("Profile", ofPerson)]),
      () => undefined, // what is proposed without asking is enough to go on with
    );
    return () => {
      current = false;
    };
  }, [asked, event]);
  return [...FIRST, ...found, ...LAST];
}

export function LiquidText({
  value = "",
  onChange,
  label,
  rows,
  event,
  disabled,
  readonly,
  code = false,
}: LiquidProps) {
  const id = useId();
  const [open, setOpen] = useState<number | null>(null); // where the “@” was typed
  const parts = useParts(open !== null, event);
  const insert = (text: string) => {
    const at = open ?? value.length;
    const before = value.slice(0, at).replace(/@$/, "");
    onChange(before + text + value.slice(at));
    setOpen(null);
    document.getElementById(id)?.focus();
  };
  const shared = {
    id,
    className: `rb-input cv-liquid ${code ? "code" : ""}`,
    "aria-label": label,
    disabled,
    readOnly: readonly,
    value,
    spellCheck: !code,
    onChange: (typed: React.ChangeEvent<HTMLInputElement | HTMLTextAreaElement>) => {
      const { value: text, selectionStart } = typed.target;
      const at = selectionStart ?? text.length;
      setOpen(text.length > value.length && text[at - 1] === "@" && !/\S/.test(text[at - 2] ?? " ") ? at : null);
      onChange(text || undefined);
    },
    onKeyDown: (press: React.KeyboardEvent) => {
      if (press.key === "Escape" && open !== null) {
        press.stopPropagation();
        setOpen(null);
      }
    },
  };
  return (
    <div className="cv-withparts">
      {rows > 1 ? <textarea rows={rows} {...shared} /> : <input type="text" {...shared} />}
      {open !== null && (
        <div className="rb-list" role="menu" aria-label="What to put in">
          {parts.map(([name, text]) => (
            <button key={name} type="button" role="menuitem" className="rb-option" onClick={() => insert(text)}>
              <span className="name">
                {name}
                <small>{text}</small>
              </span>
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

/** HTML with a preview as it stands; for one person, see Preview. The frame runs no scripts. */
export function HtmlWidget({ value, onChange, label, disabled, readonly, registry }: WidgetProps) {
  const [shown, setShown] = useState<"source" | "desktop" | "mobile">("source");
  return (
    <div className="cv-html">
      <div className="cv-tabs" role="tablist" aria-label={`${label}: what is shown`}>
        {(["source", "desktop", "mobile"] as const).map((name) => (
          <button key={name} type="button" role="tab" aria-selected={shown === name} onClick={() => setShown(name)}>
            {name[0]?.toUpperCase() + name.slice(1)}
          </button>
        ))}
      </div>
      {shown === "source" ? (
        <LiquidText
          value={value}
          onChange={onChange}
          label={label}
          rows={14}
          event={registry.formContext?.event}
          disabled={disabled}
          readonly={readonly}
          code
        />
      ) : (
        <iframe className={shown} sandbox="" srcDoc={value ?? ""} title={`Preview, ${shown}`} />
      )}
    </div>
  );
}
