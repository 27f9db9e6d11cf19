-- name: claim
-- Take the oldest inbox rows of each lane and put them into the history, in one statement: they are in exactly one of the two.
-- The caller holds the lanes' locks, so the rows stay where they were found: they are deleted by their place, which saves finding
-- them twice and leaves the planner nothing to guess. Properties come back only for the wanted types. Repeat freely.
-- Events of a profile that was merged go on to whoever it is part of now; those of a deleted one are dropped. Either comes back as type 0.
-- Params: lanes, each (rows a lane), wanted (int[]: event types). Index: the inbox's primary key, once a lane.
WITH picked AS (
    SELECT i.place
      FROM unnest(%(lanes)s::smallint[]) AS l(lane)
     CROSS JOIN LATERAL (SELECT ctid AS place FROM profiles_inbox
                          WHERE lane = l.lane AND lane = ANY(%(lanes)s::smallint[]) ORDER BY id LIMIT %(each)s) AS i
), taken AS (
    DELETE FROM profiles_inbox AS i
     WHERE i.ctid = ANY(ARRAY(SELECT place FROM picked)) AND i.lane = ANY(%(lanes)s::smallint[])
    RETURNING i.lane, i.id, i.profile_id, i.type_id, i.at, i.received_at, i.source, i.properties
), known AS (
    SELECT taken.*, gone.lane IS NULL AS here, gone.into_id
      FROM taken
      LEFT JOIN profiles_gone AS gone ON gone.lane = taken.lane AND gone.profile_id = taken.profile_id AND gone.done
), passed_on AS (
    INSERT INTO profiles_inbox (lane, profile_id, type_id, at, received_at, source, properties)
    SELECT into_id %% 64, into_id, type_id, at, received_at, source, properties FROM known WHERE into_id IS NOT NULL ORDER BY id
), kept AS (
    INSERT INTO profiles_event (lane, id, profile_id, type_id, at, received_at, source, properties)
    SELECT lane, id, profile_id, type_id, at, received_at, source, properties FROM known WHERE here
)
SELECT lane, id, profile_id, CASE WHEN here THEN type_id ELSE 0 END, at, received_at,
       CASE WHEN here AND type_id = ANY(%(wanted)s::int[]) THEN properties::text END
  FROM known;
