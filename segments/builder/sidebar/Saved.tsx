/** What is known of a saved segment: how many people it had, and who uses it. */

import { lazy, Suspense, useEffect, useMemo, useState } from "react";
import { Guard } from "../../../config/islands/Guard";
import { history, type Segment } from "../calls";
import { Icon } from "../fields/Icon";

const Chart = lazy(() => import("../../../config/islands/Chart"));

interface Point {
  at: string;
  count: number | null;
}

export function HistoryCard({ id, version }: { id: number; version: number }) {
  const [points, setPoints] = useState<Point[] | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a saved change may have brought a new point
  useEffect(() => {
    const abort = new AbortController();
    history(id, abort.signal).then(setPoints, () => setPoints((before) => before ?? []));
    return () => abort.abort();
  }, [id, version]);
  const drawn = useMemo(() => {
    const counted = (points ?? []).filter((point) => point.count !== null);
    return {
      at: counted.map((point) => Date.parse(point.at) / 1000),
      series: [
        { label: "people", values: counted.map((point) => point.count), colour: "--accent", kind: "area" as const },
      ],
    };
  }, [points]);
  const last = drawn.series[0]?.values.at(-1);
  return (
    <section className="sj-card" aria-labelledby="history">
      <h2 id="history">
        Count history
        <span className="subtle right">{drawn.at.length > 0 ? `${drawn.at.length} counts` : ""}</span>
      </h2>
      <div className="body">
        {drawn.at.length > 1 ? (
          <Guard>
            <Suspense fallback={<div style={{ height: 150 }} />}>
              <Chart {...drawn} height={150} label={`People over time; ${last?.toLocaleString("en")} at last`} />
            </Suspense>
          </Guard>
        ) : (
          <p className="subtle">
            {drawn.at.length === 1
              ? `${last?.toLocaleString("en")} people so far. It is counted every night, and the line begins tomorrow.`
              : "It is counted after each change and every night; the counts appear here."}
          </p>
        )}
      </div>
    </section>
  );
}

const ICONS: Record<string, string> = { journey: "route", segment: "groups" };

export function UsedCard({ users }: { users: Segment["used_by"] }) {
  return (
    <section className="sj-card" aria-labelledby="used">
      <h2 id="used">
        Used by
        <span className="subtle right">{users.length || ""}</span>
      </h2>
      <div className="body rb-used">
        {users.length === 0 && (
          <p className="subtle">Nothing uses it yet. Journeys and other segments ask for it by its name.</p>
        )}
        <ul>
          {users.map((user) => (
            <li key={`${user.kind} ${user.name}`}>
              <Icon name={ICONS[user.kind] ?? "link"} />
              {user.url ? <a href={user.url}>{user.name}</a> : <span>{user.name}</span>}
              <small>{user.state || user.kind}</small>
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}
