-- What “why” reads of one person in one journey. Every statement names the person's lane.

-- name: steps
-- The newest moves of a person in a journey. Params: lane, profile, journey, most (rows). Index: journeys_step_person.
SELECT version_id, at, what, node, via, outcome, reason, (detail ->> 'event')::bigint AS event, enrollment_id,
       (detail -> 'unchanged')::text
  FROM journeys_step
 WHERE lane = %(lane)s::smallint AND profile_id = %(profile)s::bigint AND journey_id = %(journey)s
 ORDER BY at DESC, id DESC
 LIMIT %(most)s::bigint;

-- name: inside
-- The stay that a person is in. Params: lane, profile, journey. Index: journeys_enrollment_active.
SELECT lane, id, profile_id, journey_id, version_id, phase, node, visit, entered_at, arrived_at, heard_at, heard_id,
       entry_at, entry_id, outcome, closes_at, decides_at, deadline, due_at, event::text, clocks::text
  FROM journeys_enrollment
 WHERE lane = %(lane)s::smallint AND profile_id = %(profile)s::bigint AND journey_id = %(journey)s AND phase <> 'exited';

-- name: stays
-- The versions that a person has been in: when they entered last, and when and why they left. Params: lane, profile, journey.
-- Index: journeys_enrollment_person.
SELECT DISTINCT ON (version_id) version_id, entered_at, exited_at, exit_reason
  FROM journeys_enrollment
 WHERE lane = %(lane)s::smallint AND profile_id = %(profile)s::bigint AND journey_id = %(journey)s
 ORDER BY version_id, entered_at DESC;

-- name: watches
-- How a person is watched beside the people inside. Params: lane, profile, journey. Index: the primary key.
SELECT version_id, role, since_at, due_at
  FROM journeys_watch
 WHERE lane = %(lane)s::smallint AND profile_id = %(profile)s::bigint AND journey_id = %(journey)s;

-- name: entered
-- How many have entered a version in all, and on a day. Params: lanes, version, day. Index: the primary key.
SELECT coalesce(sum(value), 0)::bigint, coalesce(sum(value) FILTER (WHERE day = %(day)s::date), 0)::bigint
  FROM journeys_tally
 WHERE lane = ANY(%(lanes)s::smallint[]) AND version_id = %(version)s AND node = 0 AND metric = 'entered';

-- name: outcomes
-- When a person last took an outcome at a node of a journey. Params: lane, profile, journey, node, via. Index: journeys_step_person.
SELECT max(at) FROM journeys_step
 WHERE lane = %(lane)s::smallint AND profile_id = %(profile)s::bigint AND journey_id = %(journey)s AND node = %(node)s
   AND ((what = 'left' AND via = %(via)s) OR (what = 'message' AND outcome = %(via)s));

-- name: stamp
-- What the compiled graph of a version is known by. Params: version.
SELECT xmin::text FROM journeys_version WHERE id = %(version)s;
