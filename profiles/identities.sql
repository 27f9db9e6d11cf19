-- name: find
-- Whom values find. Each is looked up by itself (LIMIT keeps the planner from joining): in the first burst, before there are
-- statistics, `value = ANY` reads the whole table every time. Params: kinds, values (text[]), side by side. Index: the primary key.
SELECT given.kind, given.value, known.profile_id
  FROM unnest(%(kinds)s::text[], %(values)s::text[]) AS given (kind, value)
 CROSS JOIN LATERAL (
       SELECT profile_id FROM profiles_identity WHERE value = given.value AND kind = given.kind LIMIT 1
       ) AS known;

-- name: create
-- Make a profile for every value that finds none, and return those made; a value that another transaction made first is not among
-- them. Waits for such a transaction, in the order given. Params: kinds, values (text[], sorted), now (timestamptz).
WITH new AS (
    SELECT given.kind, given.value, nextval('profiles_profile_id_seq') AS id
      FROM unnest(%(kinds)s::text[], %(values)s::text[]) AS given (kind, value)
), claimed AS (
    INSERT INTO profiles_identity (value, kind, lane, profile_id)
    SELECT value, kind, id %% 64, id FROM new
    ON CONFLICT (value, kind) DO NOTHING
    RETURNING kind, value, lane, profile_id
), made AS (
    INSERT INTO profiles_profile (lane, id, identity, object_id, created_at, updated_at)
    SELECT lane, profile_id, CASE kind WHEN 'identity' THEN value END, CASE kind WHEN 'object' THEN value END,
           %(now)s::timestamptz, %(now)s::timestamptz
      FROM claimed
)
SELECT kind, value, profile_id FROM claimed;

-- name: claim
-- Let profiles be found by values that nobody has. Repeat freely. Params: kinds, values (text[], sorted), profile_ids (bigint[]).
INSERT INTO profiles_identity (value, kind, lane, profile_id)
SELECT value, kind, profile_id %% 64, profile_id
  FROM unnest(%(kinds)s::text[], %(values)s::text[], %(profile_ids)s::bigint[]) AS given (kind, value, profile_id)
ON CONFLICT (value, kind) DO NOTHING;

-- name: release
-- Take away values from the profiles that they find. Params: lanes (smallint[]), kinds, values (text[]), profile_ids (bigint[]).
DELETE FROM profiles_identity AS kept
 USING unnest(%(kinds)s::text[], %(values)s::text[], %(profile_ids)s::bigint[]) AS given (kind, value, profile_id)
 WHERE kept.lane = ANY(%(lanes)s::smallint[]) AND kept.value = given.value AND kept.kind = given.kind
   AND kept.profile_id = given.profile_id;
