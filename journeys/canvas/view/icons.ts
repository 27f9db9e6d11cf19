/** A symbol for each role and for the kinds that people know by sight; others have their role's. */

import type { Kind } from "../model/document";

const KINDS: Record<string, string> = {
  action: "bolt",
  inaction: "hourglass_disabled",
  past_behaviour: "history",
  date_time: "event",
  page_visit: "web",
  referrer: "link",
  page_count: "filter_9_plus",
  journey_trigger: "route",
  custom_list: "list_alt",
  email: "mail",
  sms: "sms",
  whatsapp: "chat",
  rcs: "forum",
  push: "notifications",
  web_push: "notification_add",
  app_inbox: "inbox",
  in_app: "smartphone",
  web_popup: "picture_in_picture",
  exit_intent: "exit_to_app",
  web_native: "view_quilt",
  webhook: "webhook",
  profile_update: "manage_accounts",
  split: "call_split",
  intellinode: "experiment",
  force_exit: "logout",
};
const ROLES = { segment: "filter_alt", engagement: "send", controller: "tune" };

export const iconOf = (kind: Kind | undefined): string => (kind ? (KINDS[kind.name] ?? ROLES[kind.role]) : "help");
