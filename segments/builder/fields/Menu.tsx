/** A button that opens a list of things to do (WAI-ARIA menu button). */

import { useEffect, useId, useRef, useState } from "react";
import { Icon } from "./Icon";

export interface Choice {
  key: string;
  icon: string;
  label: string;
  hint?: string;
}

interface Props {
  label: string;
  icon?: string;
  choices: Choice[];
  onChoose: (key: string) => void;
  /** Whether the button shows its symbol alone. */
  bare?: boolean;
}

export function Menu({ label, icon = "add", choices, onChoose, bare = false }: Props) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const items = () => [...(root.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];

  useEffect(() => {
    if (!open) return;
    root.current?.querySelector("[role=menu]")?.scrollIntoView({ block: "nearest" });
    root.current?.querySelector<HTMLElement>("[role=menuitem]")?.focus({ preventScroll: true });
  }, [open]);

  const onKeyDown = (press: React.KeyboardEvent) => {
    if (!open) return;
    const all = items();
    const at = all.indexOf(document.activeElement as HTMLElement);
    const target =
      press.key === "ArrowDown"
        ? all[(at + 1) % all.length]
        : press.key === "ArrowUp"
          ? all[(at - 1 + all.length) % all.length]
          : press.key === "Home"
            ? all[0]
            : press.key === "End"
              ? all.at(-1)
              : press.key.length === 1 && /\S/.test(press.key)
                ? all.find((item) => item.dataset.label?.toLowerCase().startsWith(press.key.toLowerCase()))
                : undefined;
    if (target) {
      press.preventDefault();
      target.focus();
    } else if (press.key === "Escape") {
      press.stopPropagation();
      setOpen(false);
      root.current?.querySelector("button")?.focus();
    }
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: hears the keys of the buttons in it
    <div
      ref={root}
      className="rb-menu"
      onKeyDown={onKeyDown}
      onBlur={(leave) => !leave.currentTarget.contains(leave.relatedTarget) && setOpen(false)}
    >
      <button
        type="button"
        className={bare ? "rb-icon-button" : "rb-add"}
        aria-label={bare ? label : undefined}
        title={bare ? label : undefined}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => setOpen(!open)}
      >
        <Icon name={icon} />
        {!bare && label}
      </button>
      {open && (
        <div id={id} role="menu" aria-label={label} className="rb-list">
          {choices.map((choice) => (
            <button
              key={choice.key}
              type="button"
              role="menuitem"
              tabIndex={-1}
              className="rb-option"
              data-label={choice.label}
              onClick={() => {
                setOpen(false);
                onChoose(choice.key);
              }}
            >
              <Icon name={choice.icon} />
              <span className="name">
                {choice.label}
                {choice.hint && <small>{choice.hint}</small>}
              </span>
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
