import { Icon } from "../fields/Icon";
import type { LeafKind } from "../rule";
import { KINDS } from "./kinds";

/** What a clause asks about, in front of it. */
export function Kind({ kind, text }: { kind: LeafKind; text?: string }) {
  return (
    <span className={`rb-kind ${kind}`}>
      <Icon name={KINDS[kind].icon} />
      {text ?? KINDS[kind].label}
    </span>
  );
}
