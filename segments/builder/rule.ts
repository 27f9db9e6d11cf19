/** The rule documents of `segments.rules`, as they travel in JSON. That module tells what they mean. */

export type Op =
  | "="
  | "!="
  | ">"
  | ">="
  | "<"
  | "<="
  | "contains"
  | "not_contains"
  | "in"
  | "not_in"
  | "exists"
  | "not_exists"
  | "matches"
  | "between";
export type NumberOp = "=" | ">" | ">=" | "<" | "<=" | "between";
export type Unit = "minute" | "hour" | "day" | "week" | "month";

export const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Weekday = (typeof WEEKDAYS)[number];
export const CHANNELS = ["email", "sms", "whatsapp", "rcs", "push", "web_push"] as const;
export type Channel = (typeof CHANNELS)[number];

/** `null` stands for what has not been filled in yet; such a rule is not sent (`unfinished.ts`). */
export type Value = unknown;

export interface Condition {
  property: string;
  op: Op;
  value?: Value;
}

/** One of last with unit, days_ago, between, before, after, on. */
export interface Range {
  last?: number | null;
  unit?: Unit;
  days_ago?: number | null;
  between?: [string | null, string | null];
  before?: string | null;
  after?: string | null;
  on?: string | null;
}

export interface Hours {
  from: string | null;
  to: string | null;
}

export interface Count {
  op: NumberOp;
  value: Value;
  include_zero?: boolean;
}

export interface Total {
  property: string;
  op: NumberOp;
  value: Value;
}

export interface EventPart {
  event: string;
  where?: Condition[];
  within?: Range;
  hours?: Hours;
  weekdays?: Weekday[];
  count?: Count;
  sum?: Total;
  average?: Total;
  first_time?: boolean;
  last_time?: boolean;
}

export type Behaviour = EventPart | { any: EventPart[] } | { all: EventPart[] };

export interface Interest {
  event: string;
  where?: Condition[];
  within?: Range;
  property?: string;
  value?: Value;
  hours?: Hours;
  weekday?: Weekday;
  predominantly?: boolean;
  at_least?: number | null;
}

export interface Near {
  latitude: number | null;
  longitude: number | null;
  km: number | null;
  properties?: [string, string];
}

/** A question about a person. The builder shows one as a clause. */
export type Leaf =
  | { did: Behaviour }
  | { did_not: Behaviour }
  | { interest: Interest }
  | { profile: Condition }
  | { near: Near }
  | { reachable: Channel }
  | { segment: string }
  | { list: string };
export type LeafKind = "did" | "did_not" | "interest" | "profile" | "near" | "reachable" | "segment" | "list";

export type Rule = { all: Rule[] } | { any: Rule[] } | { not: Rule } | Leaf;

/** The key of a rule, which says what it is. */
export function kindOf(rule: object): string {
  return Object.keys(rule)[0] ?? "";
}

/** The same without a key. */
export function without<T extends object, K extends keyof T>(whole: T, ...keys: K[]): Omit<T, K> {
  return Object.fromEntries(Object.entries(whole).filter(([key]) => !keys.includes(key as K))) as Omit<T, K>;
}
