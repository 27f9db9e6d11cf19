-- name: forget
-- Devices that can be reached no more: their push service does not know the token. Params: lanes, ids. Index: the primary key.
DELETE FROM profiles_device AS d USING unnest(%(lanes)s::smallint[], %(ids)s::bigint[]) AS v (lane, id)
 WHERE d.lane = v.lane AND d.id = v.id;

-- name: sign_off
-- One of a person's devices. Params: lane, profile_id, channel, token. Index: its unique key.
DELETE FROM profiles_device
 WHERE lane = %(lane)s AND profile_id = %(profile_id)s AND channel = %(channel)s AND token = %(token)s;

-- name: take_away
-- All of a person's devices of a channel. Params: lane, profile_id, channel. Index: its unique key.
DELETE FROM profiles_device WHERE lane = %(lane)s AND profile_id = %(profile_id)s AND channel = %(channel)s;
