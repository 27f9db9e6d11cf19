-- name: work
-- Whether an event waits to be routed, and the lanes in which somebody's clock has come: asked before any lock is taken, so that whoever holds a
-- lane has seen work and will look again after it. Indexes: the inbox's primary key, journeys_enrollment_due, journeys_watch_due.
-- Params: lanes, now.
WITH moving AS (
    SELECT id FROM journeys_version
     WHERE status IN ('live', 'paused', 'completed', 'versioned') OR archived_from IN ('paused', 'completed', 'versioned')
        OR (status = 'scheduled' AND start_at <= %(now)s)
)
SELECT EXISTS (SELECT FROM unnest(%(lanes)s::smallint[]) AS l(lane)
                CROSS JOIN LATERAL (SELECT FROM profiles_inbox WHERE lane = l.lane AND lane = ANY(%(lanes)s::smallint[]) LIMIT 1) AS i),
       ARRAY(SELECT l.lane FROM unnest(%(lanes)s::smallint[]) AS l(lane)
              WHERE EXISTS (SELECT FROM journeys_enrollment
                             WHERE lane = l.lane AND lane = ANY(%(lanes)s::smallint[]) AND due_at <= %(now)s
                               AND version_id IN (SELECT id FROM moving) OFFSET 0)
                 OR EXISTS (SELECT FROM journeys_watch
                             WHERE lane = l.lane AND lane = ANY(%(lanes)s::smallint[]) AND due_at <= %(now)s
                               AND version_id IN (SELECT id FROM moving) OFFSET 0));
