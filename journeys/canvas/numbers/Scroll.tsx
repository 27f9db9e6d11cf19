/** A wide table's frame: what scrolls can be reached by keyboard. */
export function Scroll({ children }: { children: React.ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must take the focus
    <section className="body scroll" aria-label="Table" tabIndex={0}>
      {children}
    </section>
  );
}
