/** A question over the page: the browser's own dialog, which keeps the focus in it and closes on Escape. */

import { type FormEvent, type ReactNode, useEffect, useId, useRef } from "react";

interface Props {
  title: string;
  children: ReactNode;
  /** What the button says that goes ahead. */
  action: string;
  danger?: boolean;
  busy?: boolean;
  /** Why it did not work. */
  error?: string | null;
  onDo: () => void;
  onClose: () => void;
}

export function Dialog({ title, children, action, danger = false, busy = false, error, onDo, onClose }: Props) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!busy) onDo();
  };
  return (
    <dialog ref={dialog} className="sj-dialog" aria-labelledby={id} onCancel={onClose}>
      <form onSubmit={submit}>
        <h2 id={id}>{title}</h2>
        {children}
        {error && (
          <div className="sj-notice bad" role="alert">
            {error}
          </div>
        )}
        <div className="sj-bar">
          <button type="button" className="sj-button right" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className={`sj-button primary ${danger ? "danger" : ""}`} disabled={busy}>
            {action}
          </button>
        </div>
      </form>
    </dialog>
  );
}
