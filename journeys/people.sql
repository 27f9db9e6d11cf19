-- People as pages show them.

-- name: newest
-- The people with the highest ids, newest first. Params: lanes, before (id or null), limit. Index: the primary key, lane by lane.
SELECT person.id, person.name, person.identity, person.email, person.phone, person.created_at, person.updated_at
  FROM unnest(%(lanes)s::smallint[]) AS every (lane)
 CROSS JOIN LATERAL (
       SELECT * FROM profiles_profile
        WHERE lane = every.lane AND (%(before)s::bigint IS NULL OR id < %(before)s::bigint)
        ORDER BY id DESC LIMIT %(limit)s::bigint
       ) AS person
 ORDER BY person.id DESC
 LIMIT %(limit)s::bigint;

-- name: steps
-- A person's moves before an instant, newest first. Params: lane, profile, before, limit. Index: journeys_step_person.
SELECT s.at, s.what, s.journey_id, j.name, v.number, s.node, coalesce(nullif(n.name, ''), n.kind, ''), s.via, s.outcome, s.reason
  FROM (
        SELECT * FROM journeys_step
         WHERE lane = %(lane)s::smallint AND profile_id = %(profile)s::bigint AND at < %(before)s::timestamptz
         ORDER BY at DESC, id DESC LIMIT %(limit)s::bigint
       ) AS s
  JOIN journeys_journey AS j ON j.id = s.journey_id
  JOIN journeys_version AS v ON v.id = s.version_id
  LEFT JOIN journeys_node AS n ON n.version_id = s.version_id AND n.number = s.node
 ORDER BY s.at DESC, s.id DESC;

-- name: stays
-- The stays of a person, those under way first. Params: lane, profile, limit. Index: journeys_enrollment_person.
SELECT e.journey_id, j.name, v.number, e.phase, e.node, coalesce(nullif(n.name, ''), n.kind, ''), e.entered_at, e.due_at,
       e.exit_reason, e.exited_at
  FROM journeys_enrollment AS e
  JOIN journeys_journey AS j ON j.id = e.journey_id
  JOIN journeys_version AS v ON v.id = e.version_id
  LEFT JOIN journeys_node AS n ON n.version_id = e.version_id AND n.number = e.node
 WHERE e.lane = %(lane)s::smallint AND e.profile_id = %(profile)s::bigint
 ORDER BY e.exited_at IS NOT NULL, e.entered_at DESC
 LIMIT %(limit)s::bigint;

-- name: devices
-- Params: lane, profile. Index: the unique key.
SELECT channel, platform, right(token, 8), seen_at FROM profiles_device
 WHERE lane = %(lane)s::smallint AND profile_id = %(profile)s::bigint
 ORDER BY seen_at DESC;

-- name: suppressed
-- Whether addresses are switched off. Params: email (lower case), phone. Index: the primary key.
SELECT kind, reason, at FROM profiles_suppression
 WHERE (kind = 'email' AND value = %(email)s::text) OR (kind = 'phone' AND value = %(phone)s::text);
