-- name: messages
-- What some people were sent by some versions, in order of time. Index: channels_message_person.
-- Params: lanes, people (bigint[]), versions, earliest (no message that counts was queued before).
SELECT m.profile_id, m.version_id, m.node, m.id, m.variant, m.finished_at
  FROM unnest(%(people)s::bigint[]) AS p (id)
 CROSS JOIN LATERAL (
       SELECT * FROM channels_message AS d
        WHERE d.lane = p.id %% 64 AND d.lane = ANY(%(lanes)s::smallint[]) AND d.profile_id = p.id
          AND d.queued_at >= %(earliest)s::timestamptz AND d.status = 'sent' AND d.version_id = ANY(%(versions)s::int[])
       OFFSET 0
       ) AS m
 ORDER BY m.finished_at, m.id;

-- name: paths
-- The latest path that some stays took at some nodes. Index: journeys_step_person.
-- Params: lanes, people (bigint[]), enrollments (bigint[]), nodes, earliest.
SELECT DISTINCT ON (s.enrollment_id, s.node) s.enrollment_id, s.node, s.via, s.at
  FROM unnest(%(people)s::bigint[]) AS p (id)
 CROSS JOIN LATERAL (
       SELECT * FROM journeys_step AS d
        WHERE d.lane = p.id %% 64 AND d.lane = ANY(%(lanes)s::smallint[]) AND d.profile_id = p.id
          AND d.at >= %(earliest)s::timestamptz AND d.what = 'left' AND d.node = ANY(%(nodes)s::smallint[])
       OFFSET 0
       ) AS s
 WHERE s.enrollment_id = ANY(%(enrollments)s::bigint[])
 ORDER BY s.enrollment_id, s.node, s.at DESC, s.id DESC;

-- name: keep
-- Keep conversions that were not counted before; return those, whether their message was opened before, and whether they are the first
-- of their node's since. Repeat freely. Params: lanes, opening (types of view and click), one array a column.
-- Indexes: the primary key; profiles_event_person.
INSERT INTO journeys_conversion AS c (lane, profile_id, version_id, node, goal, since, at, via, opened, first, cents)
SELECT g.lane, g.profile_id, g.version_id, g.node, g.goal, g.since, g.at, g.via,
       EXISTS (SELECT FROM profiles_event AS e
                WHERE e.lane = g.lane AND e.profile_id = g.profile_id AND e.at >= g.sent_at AND e.at <= g.at
                  AND e.type_id = ANY(%(opening)s::int[]) AND (e.properties ->> 'message')::bigint = g.message),
       row_number() OVER (PARTITION BY g.lane, g.profile_id, g.version_id, g.node, g.since ORDER BY g.at, g.goal) = 1
       AND NOT EXISTS (SELECT FROM journeys_conversion AS k
                        WHERE k.lane = g.lane AND k.profile_id = g.profile_id AND k.version_id = g.version_id
                          AND k.node = g.node AND k.since = g.since),
       g.cents
  FROM unnest(%(lane)s::smallint[], %(profile_id)s::bigint[], %(version_id)s::int[], %(node)s::smallint[], %(goal)s::smallint[],
              %(since)s::timestamptz[], %(at)s::timestamptz[], %(via)s::text[], %(cents)s::bigint[], %(message)s::bigint[],
              %(sent_at)s::timestamptz[])
       AS g (lane, profile_id, version_id, node, goal, since, at, via, cents, message, sent_at)
 WHERE g.lane = ANY(%(lanes)s::smallint[])
 ORDER BY g.lane, g.profile_id, g.version_id, g.node, g.goal
ON CONFLICT DO NOTHING
RETURNING c.lane, c.profile_id, c.version_id, c.node, c.goal, c.since, c.opened, c.first;
