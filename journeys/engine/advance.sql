-- name: due
-- Stays whose clock has come, earliest first in each lane. A lane's clock runs no further than its oldest event that is not routed yet
-- was received, so that time never overtakes an event, however far behind the router is. The tick of an instant waits for a run of that
-- instant in the same journey (domain 8.2).
-- Params: lanes, versions (those that move), now, each (rows a lane), held, until: journeys with a run to be made, and its instant. Index: journeys_enrollment_due.
SELECT e.lane, e.id, e.profile_id, e.journey_id, e.version_id, e.phase, e.node, e.visit, e.entered_at, e.arrived_at, e.heard_at,
       e.heard_id, e.entry_at, e.entry_id, e.outcome, e.closes_at, e.decides_at, e.deadline, e.due_at, e.event::text, e.clocks::text,
       e.foreseen::text, e.met_on
  FROM unnest(%(lanes)s::smallint[]) AS l(lane)
  LEFT JOIN LATERAL (SELECT received_at FROM profiles_inbox AS i
                      WHERE i.lane = l.lane AND i.lane = ANY(%(lanes)s::smallint[]) ORDER BY id LIMIT 1) AS waiting ON true
 CROSS JOIN LATERAL (SELECT * FROM journeys_enrollment AS e
                      WHERE e.lane = l.lane AND e.lane = ANY(%(lanes)s::smallint[]) AND e.version_id = ANY(%(versions)s::int[])
                        AND e.due_at <= %(now)s::timestamptz
                        AND (waiting.received_at IS NULL OR e.due_at < waiting.received_at)
                        AND NOT (coalesce(e.closes_at <= e.due_at, FALSE)
                                 AND EXISTS (SELECT FROM unnest(%(held)s::int[], %(until)s::timestamptz[]) AS run(journey, at)
                                              WHERE run.journey = e.journey_id AND run.at = e.due_at))
                      ORDER BY e.due_at LIMIT %(each)s) AS e
 ORDER BY e.due_at, e.id;

-- name: next
-- The earliest clock of anyone who moves. Index: journeys_enrollment_due, once a lane. Params: lanes, versions.
SELECT min(e.due_at)
  FROM unnest(%(lanes)s::smallint[]) AS l(lane)
 CROSS JOIN LATERAL (SELECT due_at FROM journeys_enrollment
                      WHERE lane = l.lane AND lane = ANY(%(lanes)s::smallint[]) AND due_at IS NOT NULL AND version_id = ANY(%(versions)s::int[])
                      ORDER BY due_at LIMIT 1) AS e;
