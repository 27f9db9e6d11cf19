/** A modal dialog: the browser's own, so that focus stays inside and Escape closes it. */

import { useEffect, useId, useRef } from "react";
import { IconButton } from "../../../segments/builder/fields/Icon";

interface Props {
  title: string;
  onClose: () => void;
  children: React.ReactNode;
  /** Buttons at the foot. */
  actions?: React.ReactNode;
  wide?: boolean;
}

export function Dialog({ title, onClose, children, actions, wide = false }: Props) {
  const id = useId();
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const shown = element.current;
    shown?.showModal();
    return () => shown?.close();
  }, []);
  return (
    <dialog
      ref={element}
      className={`cv-dialog ${wide ? "wide" : ""}`}
      aria-labelledby={id}
      onCancel={(cancel) => {
        cancel.preventDefault();
        onClose();
      }}
    >
      <header>
        <h2 id={id}>{title}</h2>
        <IconButton icon="close" label="Close" onClick={onClose} />
      </header>
      <div className="cv-dialog-body">{children}</div>
      {actions && <footer>{actions}</footer>}
    </dialog>
  );
}
