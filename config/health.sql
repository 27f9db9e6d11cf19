-- How far behind the engine is. Each lane's oldest row is the first of an index, so this costs 64 probes whatever the size.

-- name: inbox_oldest
SELECT min(oldest.received_at)
FROM unnest(%(lanes)s::smallint[]) AS lanes (lane)
CROSS JOIN LATERAL (
    SELECT inbox.received_at FROM profiles_inbox AS inbox
    WHERE inbox.lane = lanes.lane ORDER BY inbox.id LIMIT 1
) AS oldest

-- name: inbox_count
SELECT count(*) FROM (
    SELECT FROM profiles_inbox WHERE lane = ANY(%(lanes)s::smallint[]) LIMIT %(most)s
) AS bounded

-- name: due_oldest
SELECT min(oldest.due_at)
FROM unnest(%(lanes)s::smallint[]) AS lanes (lane)
CROSS JOIN LATERAL (
    SELECT enrollment.due_at FROM journeys_enrollment AS enrollment
    WHERE enrollment.lane = lanes.lane AND enrollment.due_at <= %(now)s ORDER BY enrollment.due_at LIMIT 1
) AS oldest
