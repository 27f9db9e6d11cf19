-- name: events
-- What some people did since an instant, each person's in order of time, then receipt. One statement for a batch.
-- Params: lanes (smallint[]), profiles (bigint[]), types (integer[]), since (timestamptz or null: ever). Index: profiles_event_person.
SELECT profile_id, type_id, at, properties, id
  FROM profiles_event
 WHERE lane = ANY(%(lanes)s::smallint[]) AND profile_id = ANY(%(profiles)s::bigint[]) AND type_id = ANY(%(types)s::integer[])
   AND at >= coalesce(%(since)s::timestamptz, '-infinity')
 ORDER BY profile_id, at, id;

-- name: fields
-- The columns and properties of some profiles. Params: lanes (smallint[]), profiles (bigint[]). Index: the primary key.
SELECT id, name, email, phone, identity, object_id, timezone, properties
  FROM profiles_profile
 WHERE lane = ANY(%(lanes)s::smallint[]) AND id = ANY(%(profiles)s::bigint[]);

-- name: lists
-- Who of some people is on which of some lists. Params: lanes (smallint[]), profiles (bigint[]), lists (integer[]: ids). Index: the primary key.
SELECT member.profile_id, list.name
  FROM segments_member AS member
  JOIN segments_list AS list ON list.id = member.list_id
 WHERE member.lane = ANY(%(lanes)s::smallint[]) AND member.list_id = ANY(%(lists)s::integer[]) AND member.profile_id = ANY(%(profiles)s::bigint[]);

-- name: reach
-- Which of the addresses of some profiles are switched off, by kind, and which channels they have a device for.
-- Params: lanes (smallint[]), profiles (bigint[]). Index: the primary keys of profiles and suppression, profiles_device by profile.
SELECT p.id,
       ARRAY(SELECT kind FROM profiles_suppression
              WHERE value = p.email AND kind = 'email' OR value = p.phone AND kind = 'phone'),
       ARRAY(SELECT DISTINCT channel FROM profiles_device AS d WHERE d.lane = p.lane AND d.profile_id = p.id)
  FROM profiles_profile AS p
 WHERE p.lane = ANY(%(lanes)s::smallint[]) AND p.id = ANY(%(profiles)s::bigint[]);
