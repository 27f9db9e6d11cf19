-- name: load_profiles
-- Lock profiles one by one in the order given, and read them. Profiles deleted meanwhile are missing.
-- Params: lanes (smallint[]), ids (bigint[]), side by side, sorted. Index: the primary key.
SELECT person.id, person.properties, person.identity, person.object_id, person.name, person.email, person.phone, person.timezone
  FROM unnest(%(lanes)s::smallint[], %(ids)s::bigint[]) AS wanted (lane, id)
 CROSS JOIN LATERAL (
       SELECT * FROM profiles_profile AS found WHERE found.lane = wanted.lane AND found.id = wanted.id FOR UPDATE
       ) AS person;

-- name: save_profiles
-- Write profiles back that load_profiles has locked. Params: lanes, ids, one array a column, properties (JSON texts), now.
UPDATE profiles_profile AS person
   SET identity = given.identity, name = given.name, email = given.email, phone = given.phone, timezone = given.timezone,
       properties = given.properties::jsonb, updated_at = %(now)s::timestamptz
  FROM unnest(%(lanes)s::smallint[], %(ids)s::bigint[], %(identity)s::text[], %(name)s::text[], %(email)s::text[],
              %(phone)s::text[], %(timezone)s::text[], %(properties)s::text[])
       AS given (lane, id, identity, name, email, phone, timezone, properties)
 WHERE person.lane = given.lane AND person.id = given.id;

-- name: note_deliveries
-- Remember delivery keys, and return those that were not known or are older than `stale`. Of two transactions that bring the same
-- key, one waits for the other and then finds it known. Params: lanes, keys (sorted, each once), now, stale (timestamptz).
INSERT INTO profiles_eventkey AS known (lane, key, seen_at)
SELECT lane, key, %(now)s::timestamptz FROM unnest(%(lanes)s::smallint[], %(keys)s::text[]) AS given (lane, key)
ON CONFLICT (lane, key) DO UPDATE SET seen_at = excluded.seen_at WHERE known.seen_at <= %(stale)s::timestamptz
RETURNING lane, key;

-- name: take_tokens
-- Take tokens from profiles other than those that send them now. Params: all_lanes, channels, tokens (text[]), profile_ids.
-- Index: profiles_device_token.
DELETE FROM profiles_device AS device
 USING unnest(%(channels)s::text[], %(tokens)s::text[], %(profile_ids)s::bigint[]) AS given (channel, token, profile_id)
 WHERE device.lane = ANY(%(all_lanes)s::smallint[]) AND device.token = given.token AND device.channel = given.channel
   AND device.profile_id <> given.profile_id;

-- name: store_tokens
-- Remember devices. Repeat freely. Params: channels, platforms, tokens, keys (JSON texts or nulls), profile_ids, now.
INSERT INTO profiles_device (lane, profile_id, channel, platform, token, keys, seen_at)
SELECT profile_id %% 64, profile_id, channel, platform, token, keys::jsonb, %(now)s::timestamptz
  FROM unnest(%(channels)s::text[], %(platforms)s::text[], %(tokens)s::text[], %(keys)s::text[], %(profile_ids)s::bigint[])
       AS given (channel, platform, token, keys, profile_id)
ON CONFLICT (lane, profile_id, channel, token)
DO UPDATE SET platform = excluded.platform, keys = excluded.keys, seen_at = excluded.seen_at;

-- name: forget_deliveries
-- Forget up to `batch` delivery keys that are older than `stale`; keys in use are left for the next time. Repeat until it forgets
-- fewer. Params: stale (timestamptz), batch (rows). Index: profiles_eventkey_seen.
DELETE FROM profiles_eventkey
 WHERE (lane, key) IN (
       SELECT lane, key FROM profiles_eventkey WHERE seen_at <= %(stale)s::timestamptz
        ORDER BY seen_at LIMIT %(batch)s::bigint FOR UPDATE SKIP LOCKED);
