-- name: newest_events
-- What the newest events of a type in each lane held. Params: lanes (smallint[]), type_id, size (rows a lane). Index: profiles_event_lane_type,
-- read backwards.
SELECT newest.properties
  FROM unnest(%(lanes)s::smallint[]) AS held (lane)
 CROSS JOIN LATERAL (
       SELECT e.properties FROM profiles_event AS e
        WHERE e.lane = held.lane AND e.type_id = %(type_id)s::integer ORDER BY e.at DESC LIMIT %(size)s::bigint
       ) AS newest;

-- name: newest_profiles
-- What the newest profiles of each lane hold. Params: lanes (smallint[]), size (rows a lane). Index: the primary key.
SELECT newest.properties
  FROM unnest(%(lanes)s::smallint[]) AS held (lane)
 CROSS JOIN LATERAL (
       SELECT p.properties FROM profiles_profile AS p WHERE p.lane = held.lane ORDER BY p.id DESC LIMIT %(size)s::bigint
       ) AS newest;

-- name: profiles_about
-- How many profiles there are, as of the last ANALYZE; -1 before the first.
SELECT reltuples::bigint FROM pg_class WHERE oid = 'profiles_profile'::regclass;

-- name: some_profiles
-- What profiles anywhere in the table hold. Params: percent (of the table's blocks), size (rows at most).
SELECT properties FROM profiles_profile TABLESAMPLE SYSTEM (%(percent)s::float4) LIMIT %(size)s::bigint;
