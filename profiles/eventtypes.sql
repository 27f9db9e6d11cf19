-- name: find
-- The registered types of some names. Params: keys (text[]). Index: the unique key.
SELECT id, key, discarded FROM profiles_eventtype WHERE key = ANY(%(keys)s);

-- name: lock
-- One registration at a time; reading goes on. Held until the transaction ends.
LOCK TABLE profiles_eventtype IN SHARE ROW EXCLUSIVE MODE;

-- name: register
-- Add the names that are not there, in the given order, while a project's own types are fewer than `most`. System names always fit.
-- Repeat freely. Params: keys, names (text[]), system (bool[]), now (timestamptz), most (types).
WITH new AS (
    SELECT given.key, given.name, given.system, row_number() OVER (PARTITION BY given.system ORDER BY given.place) AS number
      FROM unnest(%(keys)s::text[], %(names)s::text[], %(system)s::bool[]) WITH ORDINALITY AS given (key, name, system, place)
     WHERE NOT EXISTS (SELECT FROM profiles_eventtype AS known WHERE known.key = given.key)
)
INSERT INTO profiles_eventtype (key, name, system, discarded, first_seen_at)
SELECT key, name, system, false, %(now)s::timestamptz
  FROM new
 WHERE system OR number + (SELECT count(*) FROM profiles_eventtype WHERE NOT system) <= %(most)s::bigint
 ORDER BY number;

-- name: names
-- The names of types. Params: ids (integer[]).
SELECT id, name FROM profiles_eventtype WHERE id = ANY(%(ids)s::bigint[]);
