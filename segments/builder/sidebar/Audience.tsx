/** Who a rule finds at the moment: how many, how many on which channel, some of them. */

import type { Counted, Sample } from "../calls";
import { Icon } from "../fields/Icon";
import type { Asked } from "../hooks";
import { CHANNELS, type Channel } from "../rule";

const CHANNEL_NAMES: Record<Channel, [string, string]> = {
  email: ["E-mail", "mail"],
  sms: ["SMS", "sms"],
  whatsapp: ["WhatsApp", "chat"],
  rcs: ["RCS", "forum"],
  push: ["Push", "notifications"],
  web_push: ["Web push", "web"],
};

const number = (value: number) => value.toLocaleString("en");

interface Props {
  counted: Asked<Counted>;
  /** Why there is nothing to count; null: there is. */
  idle: string | null;
}

export function CountCard({ counted: { answer, error, stale }, idle }: Props) {
  const people = answer?.count ?? 0;
  return (
    <section className="sj-card" aria-labelledby="audience">
      <h2 id="audience">
        Audience
        <span className="subtle right">
          {idle
            ? ""
            : stale
              ? "counting …"
              : answer
                ? `${answer.estimate ? "estimate" : "exact"}, ${number(answer.ms)} ms`
                : ""}
        </span>
      </h2>
      <div
        className={`body rb-audience ${stale && !idle ? "stale" : ""}`}
        aria-live="polite"
        aria-busy={stale && !idle}
      >
        {idle ? (
          <p className="rb-idle">
            <Icon name="hourglass_empty" />
            {idle}
          </p>
        ) : error ? (
          <p className="bad">{error}</p>
        ) : answer === null ? (
          <div className="rb-figure subtle">…</div>
        ) : (
          <>
            <div className="rb-figure" data-count={answer.count}>
              {answer.estimate && "≈ "}
              {number(people)}
              <small>{people === 1 ? "person" : "people"}</small>
            </div>
            <ul className="rb-reach">
              {CHANNELS.map((channel) => {
                const reached = answer.reachable[channel] ?? 0;
                const [name, icon] = CHANNEL_NAMES[channel];
                return (
                  <li key={channel} title={`${number(reached)} of ${number(people)} can be reached by ${name}`}>
                    <Icon name={icon} />
                    <span>{name}</span>
                    <span className="bar" aria-hidden="true">
                      <i style={{ width: `${people ? (100 * reached) / people : 0}%` }} />
                    </span>
                    <b>{number(reached)}</b>
                  </li>
                );
              })}
            </ul>
          </>
        )}
      </div>
    </section>
  );
}

export function SamplesCard({ asked: { answer, error, stale }, idle }: { asked: Asked<Sample[]>; idle: boolean }) {
  return (
    <section className="sj-card" aria-labelledby="samples">
      <h2 id="samples">
        Some of them
        <span className="subtle right">{answer && !idle ? `newest ${answer.length}` : ""}</span>
      </h2>
      <div className={`body rb-samples ${stale && !idle ? "stale" : ""}`}>
        {idle || (answer?.length === 0 && !error) ? (
          <p className="subtle">
            {idle ? "People appear here once the rule is complete." : "Nobody, as things stand."}
          </p>
        ) : error ? (
          <p className="bad">{error}</p>
        ) : (
          <ul>
            {(answer ?? []).map((person) => {
              const shown = person.name || person.email || person.identity || `Profile ${person.id}`;
              const more = [person.email, person.identity].filter((it) => it && it !== shown)[0];
              return (
                <li key={person.id}>
                  <span className="face" aria-hidden="true">
                    {initials(shown)}
                  </span>
                  <a href={person.url} target="_blank" rel="noreferrer">
                    {shown}
                  </a>
                  {more && <small>{more}</small>}
                </li>
              );
            })}
          </ul>
        )}
      </div>
    </section>
  );
}

function initials(name: string): string {
  const [first = "", second = ""] = name.split(/[\s@._-]+/).filter((word) => /^\p{L}/u.test(word));
  return (first.charAt(0) + second.charAt(0)).toUpperCase() || "?";
}
