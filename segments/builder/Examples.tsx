/** What a new segment starts with: a hint, and rules to begin from. */

import { Icon } from "./fields/Icon";
import type { Rule } from "./rule";

const EXAMPLES: { icon: string; title: string; text: string; rule: Rule }[] = [
  {
    icon: "shopping_bag",
    title: "Bought lately",
    text: "Charged at least once in the last 30 days",
    rule: { all: [{ did: { event: "Charged", within: { last: 30, unit: "day" } } }] },
  },
  {
    icon: "history",
    title: "Lapsed buyers",
    text: "Bought before, but not in the last 60 days",
    rule: {
      all: [{ did: { event: "Charged" } }, { did_not: { event: "Charged", within: { last: 60, unit: "day" } } }],
    },
  },
  {
    icon: "diamond",
    title: "Big spenders",
    text: "Spent 500 or more in 90 days, and can get e-mail",
    rule: {
      all: [
        {
          did: {
            event: "Charged",
            within: { last: 90, unit: "day" },
            sum: { property: "amount", op: ">=", value: 500 },
          },
        },
        { reachable: "email" },
      ],
    },
  },
  {
    icon: "nightlife",
    title: "Evening shoppers",
    text: "Most of their purchases are between 18:00 and 23:00",
    rule: { all: [{ interest: { event: "Charged", hours: { from: "18:00", to: "23:00" }, predominantly: true } }] },
  },
  {
    icon: "cake",
    title: "Grown-ups",
    text: "18 years or older, by their profile",
    rule: { all: [{ profile: { property: "Age", op: ">=", value: 18 } }] },
  },
  {
    icon: "visibility",
    title: "Looked, did not buy",
    text: "Visited a page in 7 days, and neither bought nor got a message",
    rule: {
      all: [
        { did: { event: "Page Visited", within: { last: 7, unit: "day" } } },
        {
          not: {
            any: [
              { did: { event: "Charged", within: { last: 7, unit: "day" } } },
              { did: { event: "Notification Sent", within: { last: 7, unit: "day" } } },
            ],
          },
        },
      ],
    },
  },
];

export function Examples({ onChoose }: { onChoose: (rule: Rule) => void }) {
  return (
    <div className="rb-empty">
      <p>
        <b>Whom do you want to find?</b> Add conditions below: what people did or did not do, who they are, where they
        can be reached. Or begin with one of these and change it.
      </p>
      <div className="rb-examples">
        {EXAMPLES.map((example) => (
          <button key={example.title} type="button" onClick={() => onChoose(example.rule)}>
            <Icon name={example.icon} />
            <b>{example.title}</b>
            <span>{example.text}</span>
          </button>
        ))}
      </div>
    </div>
  );
}
