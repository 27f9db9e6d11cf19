/** Where a form's fields stand in a configuration, as findings write it. */

import type { Finding } from "../model/document";

/** The findings that name this place, and not one further inside. */
export function here(findings: Finding[], path: (string | number)[]): Finding[] {
  if (!path.length) return [];
  const place = path.reduce<string>(
    (text, step) => (typeof step === "number" ? `${text}[${step}]` : text ? `${text}.${step}` : step),
    "",
  );
  return findings.filter((finding) => finding.field === place || finding.field === `config.${place}`);
}
