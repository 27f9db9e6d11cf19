-- name: event_ids
-- Ids for events, in order: the inbox and the history share one sequence. Params: count (rows).
SELECT nextval('profiles_event_id_seq') FROM generate_series(1, %(count)s::bigint);

-- name: give_addresses
-- Set the e-mail address of profiles that have none, and return who got one. Repeat freely.
-- Params: lanes, ids (sorted by both), emails, side by side; now (timestamptz). Index: the primary key.
UPDATE profiles_profile AS person
   SET email = given.email, updated_at = %(now)s::timestamptz
  FROM unnest(%(lanes)s::smallint[], %(ids)s::bigint[], %(emails)s::text[]) AS given (lane, id, email)
 WHERE person.lane = given.lane AND person.id = given.id AND person.email IS NULL
RETURNING person.id, person.email;
