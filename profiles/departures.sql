-- People who go. Arrays `lanes`, `ids` and `into` are side by side where a statement says so; else `lanes` is a set.

-- name: lock
-- Lock profiles one by one in the order given; return those that exist. Params: lanes, ids, side by side, sorted. Index: the primary key.
SELECT person.id
  FROM unnest(%(lanes)s::smallint[], %(ids)s::bigint[]) AS wanted (lane, id)
 CROSS JOIN LATERAL (
       SELECT id FROM profiles_profile AS found WHERE found.lane = wanted.lane AND found.id = wanted.id FOR UPDATE
       ) AS person;

-- name: busy
-- Who of them is going already, or is about to get another's belongings. Params: lanes, ids, side by side.
-- Indexes: the primary key, profiles_gone_into.
SELECT profile_id FROM profiles_gone
 WHERE (lane, profile_id) IN (SELECT * FROM unnest(%(lanes)s::smallint[], %(ids)s::bigint[]))
UNION ALL
SELECT into_id FROM profiles_gone WHERE NOT done AND into_id = ANY(%(ids)s::bigint[]);

-- name: announce
-- Params: lanes, ids, into (nulls: deleted), side by side; now.
INSERT INTO profiles_gone (lane, profile_id, into_id, announced_at)
SELECT lane, id, into_id, %(now)s::timestamptz
  FROM unnest(%(lanes)s::smallint[], %(ids)s::bigint[], %(into)s::bigint[]) AS given (lane, id, into_id);

-- name: unname
-- No value finds those who are deleted. Params: lanes, ids, into, side by side. Index: profiles_identity_profile.
DELETE FROM profiles_identity AS kept
 USING unnest(%(lanes)s::smallint[], %(ids)s::bigint[], %(into)s::bigint[]) AS given (lane, id, into_id)
 WHERE kept.lane = given.lane AND kept.profile_id = given.id AND given.into_id IS NULL;

-- name: rename
-- The values of those who are merged find the survivor. Repeat freely. Params: ids, into, side by side. Index: profiles_identity_profile.
UPDATE profiles_identity AS kept
   SET lane = given.into_id %% 64, profile_id = given.into_id
  FROM unnest(%(ids)s::bigint[], %(into)s::bigint[]) AS given (id, into_id)
 WHERE kept.lane = given.id %% 64 AND kept.profile_id = given.id AND given.into_id IS NOT NULL;

-- name: erase_events
-- Params: lanes, ids. Index: profiles_event_person.
DELETE FROM profiles_event WHERE lane = ANY(%(lanes)s::smallint[]) AND profile_id = ANY(%(ids)s::bigint[]);

-- name: erase_devices
-- Params: lanes, ids. Index: the unique key.
DELETE FROM profiles_device WHERE lane = ANY(%(lanes)s::smallint[]) AND profile_id = ANY(%(ids)s::bigint[]);

-- name: erase_identities
-- Values that an upload under way claimed after the announcement. Params: lanes, ids. Index: profiles_identity_profile.
DELETE FROM profiles_identity WHERE lane = ANY(%(lanes)s::smallint[]) AND profile_id = ANY(%(ids)s::bigint[]);

-- name: erase_mark
-- They are nobody to send tests to. Params: ids. Index: the unique key.
DELETE FROM profiles_tester WHERE profile_id = ANY(%(ids)s::bigint[]);

-- name: move_mark
-- Whoever was marked as test still is. Repeat freely. Params: ids, into, side by side. Index: the unique key.
INSERT INTO profiles_tester (profile_id, by_id, at)
SELECT DISTINCT ON (given.into_id) given.into_id, gone.by_id, gone.at
  FROM unnest(%(ids)s::bigint[], %(into)s::bigint[]) AS given (id, into_id)
  JOIN profiles_tester AS gone ON gone.profile_id = given.id
 ORDER BY given.into_id, gone.at
ON CONFLICT DO NOTHING;

-- name: erase_profiles
-- Params: lanes, ids. Index: the primary key.
DELETE FROM profiles_profile WHERE lane = ANY(%(lanes)s::smallint[]) AND id = ANY(%(ids)s::bigint[]);

-- name: done
-- Nothing belongs to them any more. Params: lanes, ids. Index: the primary key.
UPDATE profiles_gone SET done = true WHERE lane = ANY(%(lanes)s::smallint[]) AND profile_id = ANY(%(ids)s::bigint[]);

-- name: move_events
-- Params: ids, into, side by side. Index: profiles_event_person.
UPDATE profiles_event AS event
   SET lane = given.into_id %% 64, profile_id = given.into_id
  FROM unnest(%(ids)s::bigint[], %(into)s::bigint[]) AS given (id, into_id)
 WHERE event.lane = given.id %% 64 AND event.profile_id = given.id;

-- name: move_devices
-- A device that the survivor has too stays the survivor's. Params: ids, into, side by side. Index: the unique key.
UPDATE profiles_device AS device
   SET lane = given.into_id %% 64, profile_id = given.into_id
  FROM unnest(%(ids)s::bigint[], %(into)s::bigint[]) AS given (id, into_id)
 WHERE device.lane = given.id %% 64 AND device.profile_id = given.id
   AND NOT EXISTS (
       SELECT FROM profiles_device AS known
        WHERE known.lane = given.into_id %% 64 AND known.profile_id = given.into_id AND known.channel = device.channel
          AND known.token = device.token);

-- name: complete
-- Survivors learn what only the others knew. Params: ids, into (each once), side by side; now. Index: the primary key.
UPDATE profiles_profile AS kept
   SET identity = coalesce(kept.identity, gone.identity), object_id = coalesce(kept.object_id, gone.object_id),
       name = coalesce(kept.name, gone.name), email = coalesce(kept.email, gone.email), phone = coalesce(kept.phone, gone.phone),
       timezone = coalesce(kept.timezone, gone.timezone), properties = gone.properties || kept.properties,
       created_at = least(kept.created_at, gone.created_at), updated_at = %(now)s::timestamptz
  FROM unnest(%(ids)s::bigint[], %(into)s::bigint[]) AS given (id, into_id)
  JOIN profiles_profile AS gone ON gone.lane = given.id %% 64 AND gone.id = given.id
 WHERE kept.lane = given.into_id %% 64 AND kept.id = given.into_id;
