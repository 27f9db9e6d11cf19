/** A symbol of unfold's icon font, for the eye alone: what it stands for is said beside it or in a label. */
export function Icon({ name }: { name: string }) {
  return (
    <span className="material-symbols-outlined rb-icon" aria-hidden="true">
      {name}
    </span>
  );
}

/** A button that shows a symbol alone. label: what it does, for the pointer and for screen readers. */
export function IconButton({ icon, label, ...rest }: { icon: string; label: string } & React.ComponentProps<"button">) {
  return (
    <button type="button" className="rb-icon-button" aria-label={label} title={label} {...rest}>
      <Icon name={icon} />
    </button>
  );
}
