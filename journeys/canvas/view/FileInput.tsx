/** The hidden field behind a button that asks for a journey document. */

import type { RefObject } from "react";

export function FileInput({
  field,
  onFile,
}: {
  field: RefObject<HTMLInputElement | null>;
  onFile: (file: File) => void;
}) {
  return (
    <input
      ref={(element) => {
        field.current = element;
        // unfold looks for a text beside every file field to write the file's name into; there is none here.
        if (element) Object.assign(element, { hasChangeListener: true });
      }}
      type="file"
      accept=".yaml,.yml,.json"
      hidden
      aria-label="A journey document"
      onChange={(picked) => {
        const given = picked.target.files?.[0];
        if (given) onFile(given);
        picked.target.value = "";
      }}
    />
  );
}
