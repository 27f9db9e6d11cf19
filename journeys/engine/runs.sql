-- name: candidates
-- Of the people whom a query finds, those who may enter: not inside the journey, unless a clock is to move them before the run (`pending`),
-- not inside it until after the run's instant, and never in this version unless re-entry is on. Params: lanes, journey, version, re_entry
-- (boolean), at, and the query's own. Indexes: journeys_enrollment_active, journeys_enrollment_person.
SELECT m.lane, m.id, inside.due_at IS NOT NULL
  FROM ({query}) AS m
  LEFT JOIN journeys_enrollment AS inside
    ON inside.lane = m.lane AND inside.lane = ANY(%(lanes)s::smallint[]) AND inside.profile_id = m.id
   AND inside.journey_id = %(journey)s AND inside.phase <> 'exited'
 WHERE (inside.id IS NULL OR inside.due_at <= %(at)s::timestamptz)
   AND NOT EXISTS (SELECT FROM journeys_enrollment AS e
                    WHERE e.lane = m.lane AND e.lane = ANY(%(lanes)s::smallint[]) AND e.profile_id = m.id
                      AND ((NOT %(re_entry)s AND e.version_id = %(version)s)
                           OR (e.journey_id = %(journey)s AND e.exited_at > %(at)s::timestamptz)))
 ORDER BY m.id;

-- name: behind
-- Whether an event that was received by an instant is still to be routed. Index: the inbox's primary key. Params: lanes, at.
SELECT EXISTS (SELECT FROM unnest(%(lanes)s::smallint[]) AS l(lane)
                CROSS JOIN LATERAL (SELECT received_at FROM profiles_inbox
                                     WHERE lane = l.lane AND lane = ANY(%(lanes)s::smallint[]) ORDER BY id LIMIT 1) AS i
                WHERE i.received_at <= %(at)s::timestamptz);

-- name: known
-- The profiles that have a property, with its value as JSON text. Reads all profiles of the lanes, once a version. Params: lanes, property.
SELECT lane, id, (properties -> %(property)s)::text FROM profiles_profile
 WHERE lane = ANY(%(lanes)s::smallint[]) AND properties ? %(property)s
 ORDER BY id;

-- name: few
-- Whether there are at most `most` profiles.
SELECT count(*) <= %(most)s::bigint FROM (SELECT FROM profiles_profile WHERE lane = ANY(%(lanes)s::smallint[]) LIMIT %(most)s::bigint + 1) AS first;
