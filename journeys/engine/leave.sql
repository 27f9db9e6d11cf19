-- name: everyone
-- Exit everyone who is inside a version, log it, and count it. Repeat freely: it moves only those still inside.
-- Params: lanes (locked), version, now, day (the account's date). Index: journeys_enrollment_inside.
WITH inside AS (
    SELECT lane, id, node, phase, outcome FROM journeys_enrollment
     WHERE lane = ANY(%(lanes)s::smallint[]) AND version_id = %(version)s AND phase <> 'exited'
), gone AS (
    UPDATE journeys_enrollment AS e
       SET phase = 'exited', exit_reason = 'version_exit', exited_at = %(now)s, due_at = NULL
      FROM inside
     WHERE e.lane = inside.lane AND e.id = inside.id AND e.lane = ANY(%(lanes)s::smallint[])
    RETURNING e.lane, e.id, e.profile_id, e.journey_id, e.node, inside.phase AS was, inside.outcome
), logged AS (
    INSERT INTO journeys_step (lane, profile_id, enrollment_id, journey_id, version_id, at, what, node, reason)
    SELECT lane, profile_id, id, journey_id, %(version)s, %(now)s, 'exited', node, 'version_exit' FROM gone ORDER BY id
), counted AS (
    INSERT INTO journeys_tally AS t (lane, version_id, node, metric, day, value)
    SELECT gone.lane, %(version)s, of.node, of.metric, %(day)s::date, count(*)
      FROM gone
     CROSS JOIN LATERAL (
           VALUES (0, 'exited:version_exit', TRUE),
                  (node, CASE was WHEN 'asleep' THEN 'exited_before:version_exit' ELSE 'exited:version_exit' END, TRUE),
                  (node, 'exited_unsent:version_exit', was = 'sending' OR (was = 'waiting' AND outcome = 'unreachable'))
           ) AS of (node, metric, counts)
     WHERE of.counts
     GROUP BY 1, 3, 4 ORDER BY 1, 3, 4
    ON CONFLICT (lane, version_id, node, metric, day) DO UPDATE SET value = t.value + excluded.value
)
SELECT id, was FROM gone;
