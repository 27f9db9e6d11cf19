-- People are joined by their lane and number, each looked up once. As two conditions (lane = ANY, profile_id = ANY) each would be looked up
-- in every lane: for 4,000 people in 64 lanes ten times the time.

-- name: stays
-- The active stays of some people, in the versions that move. Index: journeys_enrollment_active.
-- Params: lanes, profiles (bigint[]), versions (int[]).
SELECT lane, e.id, profile_id, journey_id, version_id, phase, node, visit, entered_at, arrived_at, heard_at, heard_id,
       entry_at, entry_id, outcome, closes_at, decides_at, deadline, due_at, event::text, clocks::text, foreseen::text, met_on
  FROM (SELECT DISTINCT id FROM unnest(%(profiles)s::bigint[]) AS given (id)) AS who
  JOIN journeys_enrollment AS e ON e.lane = who.id %% 64 AND e.profile_id = who.id
 WHERE lane = ANY(%(lanes)s::smallint[]) AND phase <> 'exited' AND version_id = ANY(%(versions)s::int[])
 ORDER BY e.id;

-- name: chain
-- The nodes that some stays arrived at at one instant each, in order. Index: journeys_step_person.
-- Params: lanes, and one array each: ids, profiles (bigint[]), instants (timestamptz[]).
SELECT who.id, array_agg(step.node ORDER BY step.id)
  FROM unnest(%(ids)s::bigint[], %(profiles)s::bigint[], %(instants)s::timestamptz[]) AS who (id, profile_id, at)
  JOIN journeys_step AS step ON step.lane = who.profile_id %% 64 AND step.profile_id = who.profile_id AND step.at = who.at
 WHERE step.lane = ANY(%(lanes)s::smallint[]) AND step.enrollment_id = who.id AND step.what = 'arrived'
 GROUP BY who.id;

-- name: past
-- What some people have been through in some journeys: versions ever entered, beside each the latest entry and the latest goal met, the
-- last exit, whether they are inside a version that the batch does not walk. Index: journeys_enrollment_person.
-- Params: lanes, profiles (bigint[]), journeys (int[]), versions (int[]): walked.
SELECT profile_id, journey_id, array_agg(version_id), array_agg(entered), array_agg(met), max(exited), bool_or(inside)
  FROM (
        SELECT profile_id, journey_id, version_id, max(entered_at) AS entered,
               max(exited_at) FILTER (WHERE exit_reason LIKE 'goal%%') AS met, max(exited_at) AS exited,
               bool_or(phase <> 'exited' AND NOT version_id = ANY(%(versions)s::int[])) AS inside
          FROM (SELECT DISTINCT id FROM unnest(%(profiles)s::bigint[]) AS given (id)) AS who
          JOIN journeys_enrollment AS e ON e.lane = who.id %% 64 AND e.profile_id = who.id
         WHERE lane = ANY(%(lanes)s::smallint[]) AND journey_id = ANY(%(journeys)s::int[])
         GROUP BY profile_id, journey_id, version_id
       ) AS of_version
 GROUP BY profile_id, journey_id;

-- name: hops
-- When some people entered versions that admit by a journey trigger, of late. Index: journeys_enrollment_person.
-- Params: lanes, profiles (bigint[]), versions (int[]), since.
SELECT profile_id, array_agg(entered_at)
  FROM (SELECT DISTINCT id FROM unnest(%(profiles)s::bigint[]) AS given (id)) AS who
  JOIN journeys_enrollment AS e ON e.lane = who.id %% 64 AND e.profile_id = who.id
 WHERE lane = ANY(%(lanes)s::smallint[]) AND version_id = ANY(%(versions)s::int[])
   AND entered_at > %(since)s::timestamptz
 GROUP BY profile_id;

-- name: ids
-- Ids for n new enrollments, in order.
SELECT nextval('journeys_enrollment_id_seq') FROM generate_series(1, %(n)s);

-- name: move
-- Write back the stays that a batch moved. It read them as active under the lane locks, so nobody else has ended one since. The WHERE
-- says of the stays their key and nothing else: with their phase or a list of lanes in it, the planner may take an index that knows
-- no id, and walk a whole lane for each row.
-- Params: lanes, and one array a column in the order of the stays.
UPDATE journeys_enrollment AS e
   SET phase = m.phase, node = m.node, visit = m.visit, arrived_at = m.arrived_at, heard_at = m.heard_at, heard_id = m.heard_id,
       outcome = m.outcome, closes_at = m.closes_at, decides_at = m.decides_at, due_at = m.due_at, event = m.event::jsonb,
       clocks = m.clocks::jsonb, foreseen = m.foreseen::jsonb, exit_reason = m.exit_reason, exited_at = m.exited_at
  FROM unnest(%(lane)s::smallint[], %(id)s::bigint[], %(phase)s::text[], %(node)s::smallint[], %(visit)s::int[],
              %(arrived_at)s::timestamptz[], %(heard_at)s::timestamptz[], %(heard_id)s::bigint[], %(outcome)s::text[],
              %(closes_at)s::timestamptz[], %(decides_at)s::timestamptz[], %(due_at)s::timestamptz[], %(event)s::text[], %(clocks)s::text[],
              %(foreseen)s::text[], %(exit_reason)s::text[], %(exited_at)s::timestamptz[])
       AS m(lane, id, phase, node, visit, arrived_at, heard_at, heard_id, outcome, closes_at, decides_at, due_at, event, clocks, foreseen,
            exit_reason, exited_at)
 WHERE e.lane = m.lane AND e.id = m.id AND m.lane = ANY(%(lanes)s::smallint[]);

-- name: tally
-- Add to the counters. Rows come sorted, so that two writers take their locks in one order.
INSERT INTO journeys_tally AS t (lane, version_id, node, metric, day, value)
SELECT * FROM unnest(%(lane)s::smallint[], %(version_id)s::int[], %(node)s::smallint[], %(metric)s::text[], %(day)s::date[],
                     %(value)s::bigint[])
ON CONFLICT (lane, version_id, node, metric, day) DO UPDATE SET value = t.value + excluded.value;

-- name: flag
-- Note on a journey what a person should look at.
UPDATE journeys_journey SET flagged = %(message)s WHERE id = %(journey)s AND flagged <> %(message)s;
