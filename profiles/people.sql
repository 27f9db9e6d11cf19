-- name: lock
-- Lock some profiles in the order of (lane, id) and read what a journey may change of them. Params: lanes, profiles. Index: the primary key.
SELECT id, name, timezone, properties::text
  FROM profiles_profile
 WHERE lane = ANY(%(lanes)s::smallint[]) AND id = ANY(%(profiles)s::bigint[])
 ORDER BY lane, id
   FOR UPDATE;

-- name: save
-- Write back profiles that `lock` has locked. Params: lanes, one array a column in the order of the profiles, now.
UPDATE profiles_profile AS p
   SET name = g.name, timezone = g.timezone, properties = g.properties::jsonb, updated_at = %(now)s::timestamptz
  FROM unnest(%(id)s::bigint[], %(name)s::text[], %(timezone)s::text[], %(properties)s::text[]) AS g(id, name, timezone, properties)
 WHERE p.lane = g.id %% 64 AND p.id = g.id AND p.lane = ANY(%(lanes)s::smallint[]);
