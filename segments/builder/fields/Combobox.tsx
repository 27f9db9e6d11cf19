/** A text field that proposes names as one types (WAI-ARIA combobox with a list). */

import { useEffect, useId, useRef, useState } from "react";
import { type Name, type NameKind, names } from "../calls";
import { Icon } from "./Icon";

interface Props {
  kind: NameKind;
  /** The event whose properties are proposed. */
  event?: string;
  value: string;
  onChange: (name: string, chosen?: Name) => void;
  label: string;
  placeholder?: string;
  /** Whether a name that is not proposed may be typed, such as an event yet to come. */
  free?: boolean;
}

const SYMBOLS: Record<string, string> = {
  string: "abc",
  number: "123",
  boolean: "toggle_on",
  date: "event",
  list: "list",
};

export function Combobox({ kind, event, value, onChange, label, placeholder, free = true }: Props) {
  const id = useId();
  const [typed, setTyped] = useState<string | null>(null); // null: not being typed in
  const [open, setOpen] = useState(false);
  const [options, setOptions] = useState<Name[]>([]);
  const [state, setState] = useState<"asking" | "told" | "failed">("asking");
  const [active, setActive] = useState(-1);
  const list = useRef<HTMLDivElement>(null);

  useEffect(() => {
    if (!open) return;
    let current = true;
    const wait = setTimeout(
      () => {
        names(kind, typed ?? "", event).then(
          (found) => {
            if (!current) return;
            setOptions(found);
            setState("told");
            setActive(found.length > 0 && typed ? 0 : -1);
          },
          () => current && setState("failed"),
        );
      },
      typed ? 120 : 0, // milliseconds: typing on asks for the last text alone
    );
    return () => {
      current = false;
      clearTimeout(wait);
    };
  }, [open, typed, kind, event]);

  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: "nearest" });
  }, [active]);

  const close = () => {
    setOpen(false);
    setTyped(null);
    setActive(-1);
  };
  const choose = (option: Name) => {
    onChange(option.name, option);
    close();
  };
  const leave = () => {
    const text = typed?.trim();
    const known = options.find((option) => option.name === text);
    if (typed !== null && text !== value) {
      if (known) onChange(known.name, known);
      else if (free && text) onChange(text);
    }
    close();
  };
  const onKeyDown = (press: React.KeyboardEvent) => {
    if (press.key === "ArrowDown" || press.key === "ArrowUp") {
      press.preventDefault();
      if (!open) return setOpen(true);
      const step = press.key === "ArrowDown" ? 1 : -1;
      setActive((at) => (options.length ? (at + step + options.length) % options.length : -1));
    } else if (press.key === "Enter" && open) {
      press.preventDefault();
      const option = options[active];
      if (option) choose(option);
      else leave();
    } else if (press.key === "Escape" && open) {
      press.preventDefault();
      press.stopPropagation();
      close();
    }
  };

  const text = typed?.trim() ?? "";
  return (
    <div className="rb-combo">
      <input
        className="rb-input"
        role="combobox"
        aria-label={label}
        aria-expanded={open}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={active >= 0 ? `${id}-${active}` : undefined}
        autoComplete="off"
        spellCheck={false}
        placeholder={placeholder ?? label}
        value={typed ?? value}
        size={Math.min(Math.max((typed ?? value).length, 12), 32)}
        onChange={(change) => {
          setTyped(change.target.value);
          setOpen(true);
        }}
        onClick={() => setOpen(true)}
        onKeyDown={onKeyDown}
        onBlur={leave}
      />
      {open && (
        // biome-ignore lint/a11y/noStaticElementInteractions: keeps the focus in the field while the list is clicked
        <div className="rb-list" onMouseDown={(press) => press.preventDefault()}>
          <div ref={list} id={`${id}-list`} role="listbox" aria-label={label}>
            {options.map((option, at) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the field hears the keys
              // biome-ignore lint/a11y/useFocusableInteractive: the field keeps the focus
              <div
                key={option.name}
                id={`${id}-${at}`}
                role="option"
                aria-selected={at === active}
                className="rb-option"
                onClick={() => choose(option)}
                onMouseMove={() => setActive(at)}
              >
                {option.type && <Icon name={SYMBOLS[option.type] ?? "abc"} />}
                <span className="name">
                  {option.name}
                  {option.label && option.label !== option.name && <small>{option.label}</small>}
                </span>
                {option.seen !== null && <small className="seen">{compact(option.seen)}</small>}
              </div>
            ))}
          </div>
          {state === "failed" && <p className="rb-note">The names could not be fetched. Type one to go on.</p>}
          {state === "asking" && options.length === 0 && <p className="rb-note">Looking …</p>}
          {state === "told" && options.length === 0 && (
            <p className="rb-note">
              {!text
                ? NOTHING[kind]
                : free
                  ? `Nothing like that was received yet. Enter takes “${text}”.`
                  : "No such name."}
            </p>
          )}
        </div>
      )}
    </div>
  );
}

const NOTHING: Record<NameKind, string> = {
  event: "No event was received yet. Type its name.",
  event_property: "This event came without properties so far. Type a name.",
  profile_property: "No profile has properties yet. Type a name.",
  segment: "There is no saved segment yet.",
  list: "There is no list yet.",
};

const compact = (number: number) => Intl.NumberFormat("en", { notation: "compact" }).format(number);
