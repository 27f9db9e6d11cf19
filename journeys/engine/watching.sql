-- name: of_people
-- Who of some people is watched. Index: the primary key. Params: lanes, profiles (bigint[] as text), versions.
SELECT lane, profile_id, version_id, role, journey_id, since_at, since_id, due_at, event::text, clocks::text
  FROM (SELECT DISTINCT id FROM unnest(%(profiles)s::bigint[]) AS given (id)) AS who
  JOIN journeys_watch AS w ON w.lane = who.id %% 64 AND w.profile_id = who.id
 WHERE lane = ANY(%(lanes)s::smallint[]) AND version_id = ANY(%(versions)s::int[]);

-- name: due
-- Watches whose clock has come, a lane's no further than its oldest event that is not routed yet (advance.sql). Index: journeys_watch_due.
-- Params: lanes, versions, now, each (rows a lane).
SELECT w.*
  FROM unnest(%(lanes)s::smallint[]) AS l(lane)
  LEFT JOIN LATERAL (SELECT received_at FROM profiles_inbox AS i
                      WHERE i.lane = l.lane AND i.lane = ANY(%(lanes)s::smallint[]) ORDER BY id LIMIT 1) AS waiting ON true
 CROSS JOIN LATERAL (SELECT lane, profile_id, version_id, role, journey_id, since_at, since_id, due_at, event::text, clocks::text
                       FROM journeys_watch
                      WHERE lane = l.lane AND lane = ANY(%(lanes)s::smallint[]) AND version_id = ANY(%(versions)s::int[])
                        AND due_at <= %(now)s::timestamptz
                        AND (waiting.received_at IS NULL OR due_at < waiting.received_at)
                      ORDER BY due_at LIMIT %(each)s) AS w
 ORDER BY w.due_at, w.profile_id;

-- name: next
-- The earliest clock of anyone watched. Index: journeys_watch_due. Params: lanes, versions.
SELECT min(due_at) FROM journeys_watch
 WHERE lane = ANY(%(lanes)s::smallint[]) AND version_id = ANY(%(versions)s::int[]) AND due_at IS NOT NULL;

-- name: save
-- Write watches that began or changed. Params: lanes, one array a column.
INSERT INTO journeys_watch AS w (lane, profile_id, version_id, role, journey_id, since_at, since_id, due_at, event, clocks)
SELECT lane, profile_id, version_id, role, journey_id, since_at, since_id, due_at, event::jsonb, clocks::jsonb
  FROM unnest(%(lane)s::smallint[], %(profile_id)s::bigint[], %(version_id)s::int[], %(role)s::text[], %(journey_id)s::int[],
              %(since_at)s::timestamptz[], %(since_id)s::bigint[], %(due_at)s::timestamptz[], %(event)s::text[], %(clocks)s::text[])
       AS g(lane, profile_id, version_id, role, journey_id, since_at, since_id, due_at, event, clocks)
ON CONFLICT (lane, profile_id, version_id, role) DO UPDATE
   SET since_at = excluded.since_at, since_id = excluded.since_id, due_at = excluded.due_at, event = excluded.event,
       clocks = excluded.clocks;

-- name: drop
-- Forget watches. Params: lanes, and profiles, versions, roles side by side.
DELETE FROM journeys_watch AS w
 USING unnest(%(profiles)s::bigint[], %(versions)s::int[], %(roles)s::text[]) AS g(profile_id, version_id, role)
 WHERE w.lane = g.profile_id %% 64 AND w.profile_id = g.profile_id AND w.version_id = g.version_id AND w.role = g.role
   AND w.lane = ANY(%(lanes)s::smallint[]);

-- name: lock_room
-- Take the capped versions' places until the transaction ends, so that lanes side by side never admit more than there is room for. Apart
-- from `room`, which must see what whoever had the lock before has counted. Params: versions (in order).
SELECT pg_advisory_xact_lock(hashtext('entry cap'), id) FROM unnest(%(versions)s::int[]) AS id;

-- name: room
-- How many have entered capped versions, in all and today. Params: lanes, versions, day.
SELECT t.version_id, coalesce(sum(t.value), 0), coalesce(sum(t.value) FILTER (WHERE t.day = %(day)s::date), 0)
  FROM journeys_tally AS t
 WHERE t.lane = ANY(%(lanes)s::smallint[]) AND t.version_id = ANY(%(versions)s::int[]) AND t.node = 0 AND t.metric = 'entered'
 GROUP BY t.version_id;
