/** Saved templates in a node's configuration: which content counts, and how it becomes the node's own. */

import type { Config, Json } from "./document";

/** A template as /api/templates/ tells of it. */
export interface Template {
  id: number;
  name: string;
  channel: string;
  content: Record<string, Json>;
  /** pending, approved or rejected, of templates that need it; else empty. */
  approval: string;
  revision: number;
  archived: boolean;
  url: string;
}

/** What has a content and may name a template instead: a configuration, or one variant of its message. */
interface Said {
  template?: Json;
  content?: Json;
}

type Content = Record<string, Json>;

const contentOf = (said: Said): Content => {
  const { content } = said;
  return content && typeof content === "object" && !Array.isArray(content) ? content : {};
};

/** The template that is named, if it is there. */
export function templateOf(said: Said, templates: Template[]): Template | undefined {
  return said.template ? templates.find((it) => it.name === said.template) : undefined;
}

/** The content that counts: the template's, with the node's variables; else its own, which may be what was taken. */
export function counting(said: Said, templates: Template[]): Content {
  const own = contentOf(said);
  const template = templateOf(said, templates);
  if (!template) return own;
  return own.variables === undefined ? template.content : { ...template.content, variables: own.variables };
}

const PLACEHOLDER = /{{\s*([1-9]\d?)\s*}}/g;

/** The numbers of a text's placeholders, each once, in their order. */
export function placeholders(text: Json | undefined): number[] {
  const found = String(text ?? "").matchAll(PLACEHOLDER);
  return [...new Set([...found].map((it) => Number(it[1])))].sort((one, other) => one - other);
}

/** A copy of the content that counts as the node's own; the template is named no more. */
export function madeOwn(config: Config, templates: Template[]): Config {
  const { template: _, ...rest } = config;
  return { ...rest, content: inOwnWords(counting(config, templates)) };
}

/** A registered template in words of one's own: its variables in the places of its placeholders. */
function inOwnWords(content: Content): Content {
  const { registration, variables, ...rest } = content;
  if (!registration) return rest;
  const values = Array.isArray(variables) ? variables.map(String) : [];
  const text = String(rest.text ?? "").replace(PLACEHOLDER, (_, number) => values[Number(number) - 1] ?? "");
  return { ...rest, text };
}

/** A content as a new template's: without what nodes fill in. */
export function withoutVariables({ variables: _, ...content }: Content): Content {
  return content;
}

/** What a template is known by at a glance: its subject or title, else its words. */
export function glimpse(content: Content): string {
  const words = ["subject", "title", "text", "body", "url", "html"].map((name) => content[name]);
  return String(words.find((it) => typeof it === "string" && it.trim()) ?? "");
}
