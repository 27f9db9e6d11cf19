-- name: claim
-- Take the oldest inbox rows of each lane and put them into the history, in one statement: they are in exactly one of the two.
-- The caller holds the lanes' locks, so the rows stay where they were found: they are deleted by their place, which saves finding
-- them twice and leaves the planner nothing to guess. Properties come back only for the wanted types. Repeat freely.
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
), kept AS (
    INSERT INTO profiles_event (lane, id, profile_id, type_id, at, received_at, source, properties)
    SELECT lane, id, profile_id, type_id, at, received_at, source, properties FROM taken
)
SELECT lane, id, profile_id, type_id, at, received_at,
       CASE WHEN type_id = ANY(%(wanted)s::int[]) THEN properties::text END
  FROM taken;
