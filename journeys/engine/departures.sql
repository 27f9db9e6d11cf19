-- What journeys keep of people who go. The lanes are locked; arrays `ids` and `into` are side by side.

-- name: forget_contexts
-- What stays remember of the events that brought a person. Params: lanes, ids. Index: journeys_enrollment_person.
UPDATE journeys_enrollment SET event = NULL
 WHERE lane = ANY(%(lanes)s::smallint[]) AND profile_id = ANY(%(ids)s::bigint[]) AND event IS NOT NULL;

-- name: forget_details
-- The events and values that decided a person's moves. Params: lanes, ids. Index: journeys_step_person.
UPDATE journeys_step SET detail = NULL
 WHERE lane = ANY(%(lanes)s::smallint[]) AND profile_id = ANY(%(ids)s::bigint[]) AND detail IS NOT NULL;

-- name: forget_watches
-- Params: lanes, ids. Index: the primary key.
DELETE FROM journeys_watch WHERE lane = ANY(%(lanes)s::smallint[]) AND profile_id = ANY(%(ids)s::bigint[]);

-- name: move_stays
-- All stays of one get the other's number. One that is still under way beside the other's can only be in a version that is being
-- stopped, which no batch moves: it stays where it is and ends with it. Params: ids, into. Index: journeys_enrollment_person.
UPDATE journeys_enrollment AS stay
   SET lane = given.into_id %% 64, profile_id = given.into_id
  FROM unnest(%(ids)s::bigint[], %(into)s::bigint[]) AS given (id, into_id)
 WHERE stay.lane = given.id %% 64 AND stay.profile_id = given.id
   AND (stay.phase = 'exited' OR NOT EXISTS (
       SELECT FROM journeys_enrollment AS other
        WHERE other.lane = given.into_id %% 64 AND other.profile_id = given.into_id AND other.journey_id = stay.journey_id
          AND other.phase <> 'exited'));

-- name: move_steps
-- Params: ids, into. Index: journeys_step_person.
UPDATE journeys_step AS step
   SET lane = given.into_id %% 64, profile_id = given.into_id
  FROM unnest(%(ids)s::bigint[], %(into)s::bigint[]) AS given (id, into_id)
 WHERE step.lane = given.id %% 64 AND step.profile_id = given.id;

-- name: move_watches
-- A watch that the survivor has too stays the survivor's. Params: ids, into. Index: the primary key.
UPDATE journeys_watch AS watch
   SET lane = given.into_id %% 64, profile_id = given.into_id
  FROM unnest(%(ids)s::bigint[], %(into)s::bigint[]) AS given (id, into_id)
 WHERE watch.lane = given.id %% 64 AND watch.profile_id = given.id
   AND NOT EXISTS (
       SELECT FROM journeys_watch AS known
        WHERE known.lane = given.into_id %% 64 AND known.profile_id = given.into_id AND known.version_id = watch.version_id
          AND known.role = watch.role);

-- name: move_conversions
-- One that the survivor has too was counted for both, and is kept once. Params: ids, into. Index: the primary key.
UPDATE journeys_conversion AS made
   SET lane = given.into_id %% 64, profile_id = given.into_id
  FROM unnest(%(ids)s::bigint[], %(into)s::bigint[]) AS given (id, into_id)
 WHERE made.lane = given.id %% 64 AND made.profile_id = given.id
   AND NOT EXISTS (
       SELECT FROM journeys_conversion AS known
        WHERE known.lane = given.into_id %% 64 AND known.profile_id = given.into_id AND known.version_id = made.version_id
          AND known.node = made.node AND known.goal = made.goal AND known.since = made.since);

-- name: forget_exempt
-- Params: ids. Index: the unique one on profile_id.
DELETE FROM journeys_exempt WHERE profile_id = ANY(%(ids)s::bigint[]);

-- name: move_exempt
-- Whom no control group was to hold out stays so. Params: ids, into. Index: the unique one on profile_id.
INSERT INTO journeys_exempt (profile_id, by_id, at)
SELECT given.into_id, known.by_id, known.at
  FROM unnest(%(ids)s::bigint[], %(into)s::bigint[]) AS given (id, into_id)
  JOIN journeys_exempt AS known ON known.profile_id = given.id
ON CONFLICT DO NOTHING;
