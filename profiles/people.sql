-- name: lock
-- Lock some profiles in the order of (lane, id) and read what a journey may change of them. Params: lanes, profiles. Index: the primary key.
SELECT p.id, name, timezone, properties::text
  FROM (SELECT DISTINCT id FROM unnest(%(profiles)s::bigint[]) AS given (id)) AS who
  JOIN profiles_profile AS p ON p.lane = who.id %% 64 AND p.id = who.id
 WHERE p.lane = ANY(%(lanes)s::smallint[])
 ORDER BY p.lane, p.id
   FOR UPDATE OF p;

-- name: save
-- Write back profiles that `lock` has locked. Params: lanes, one array a column in the order of the profiles, now.
UPDATE profiles_profile AS p
   SET name = g.name, timezone = g.timezone, properties = g.properties::jsonb, updated_at = %(now)s::timestamptz
  FROM unnest(%(id)s::bigint[], %(name)s::text[], %(timezone)s::text[], %(properties)s::text[]) AS g(id, name, timezone, properties)
 WHERE p.lane = g.id %% 64 AND p.id = g.id AND p.lane = ANY(%(lanes)s::smallint[]);
