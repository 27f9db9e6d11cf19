import type { Leaf, LeafKind } from "../rule";

/** The kinds of clause, as they are offered: what each starts as. */
export const KINDS: Record<LeafKind, { icon: string; label: string; hint: string; fresh: Leaf }> = {
  did: {
    icon: "bolt",
    label: "Did",
    hint: "An event, how often and when",
    fresh: { did: { event: "", within: { last: 30, unit: "day" } } },
  },
  did_not: {
    icon: "block",
    label: "Did not do",
    hint: "An event that is missing",
    fresh: { did_not: { event: "", within: { last: 30, unit: "day" } } },
  },
  profile: {
    icon: "person",
    label: "Profile",
    hint: "A property of the person",
    fresh: { profile: { property: "", op: "=", value: null } },
  },
  interest: {
    icon: "favorite",
    label: "Interest",
    hint: "What most of their events have in common",
    fresh: { interest: { event: "", property: "", value: null, predominantly: true } },
  },
  reachable: {
    icon: "mark_email_read",
    label: "Can be reached",
    hint: "Has an address or device, and did not opt out",
    fresh: { reachable: "email" },
  },
  segment: { icon: "groups", label: "Segment", hint: "Who another saved segment finds", fresh: { segment: "" } },
  list: { icon: "list_alt", label: "List", hint: "Who is on an uploaded list", fresh: { list: "" } },
  near: {
    icon: "location_on",
    label: "Near a place",
    hint: "So many kilometres around it",
    fresh: { near: { latitude: null, longitude: null, km: 10 } },
  },
};
