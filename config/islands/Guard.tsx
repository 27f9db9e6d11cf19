import { Component, type ReactNode } from "react";

/** Says that something broke, rather than leaving a page blank. The console has the details. */
export class Guard extends Component<{ children: ReactNode }, { error: Error | null }> {
  state = { error: null as Error | null };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  render() {
    if (!this.state.error) return this.props.children;
    return (
      <div className="sj-notice bad" role="alert">
        This part of the page stopped working ({this.state.error.message}). Reload the page to go on; what was saved is
        safe.
      </div>
    );
  }
}
