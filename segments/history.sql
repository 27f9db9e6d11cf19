-- name: events
-- What some people did since an instant, each person's in order of time, then receipt. One statement for a batch.
-- Params: lanes (smallint[]), profiles (bigint[]), types (integer[]), since (timestamptz or null: ever). Index: profiles_event_person.
SELECT profile_id, type_id, at, properties, e.id
  FROM (SELECT DISTINCT id FROM unnest(%(profiles)s::bigint[]) AS given (id)) AS who
  JOIN profiles_event AS e ON e.lane = who.id %% 64 AND e.profile_id = who.id
 WHERE lane = ANY(%(lanes)s::smallint[]) AND type_id = ANY(%(types)s::integer[])
   AND at >= coalesce(%(since)s::timestamptz, '-infinity')
 ORDER BY profile_id, at, e.id;

-- name: fields
-- The columns and properties of some profiles. Params: lanes (smallint[]), profiles (bigint[]). Index: the primary key.
SELECT p.id, name, email, phone, identity, object_id, timezone, properties
  FROM (SELECT DISTINCT id FROM unnest(%(profiles)s::bigint[]) AS given (id)) AS who
  JOIN profiles_profile AS p ON p.lane = who.id %% 64 AND p.id = who.id
 WHERE p.lane = ANY(%(lanes)s::smallint[]);

-- name: lists
-- Who of some people is on which of some lists. Params: lanes (smallint[]), profiles (bigint[]), lists (integer[]: ids). Index: the primary key.
SELECT member.profile_id, list.name
  FROM (SELECT DISTINCT id FROM unnest(%(profiles)s::bigint[]) AS given (id)) AS who
  JOIN segments_member AS member ON member.lane = who.id %% 64 AND member.profile_id = who.id
  JOIN segments_list AS list ON list.id = member.list_id
 WHERE member.lane = ANY(%(lanes)s::smallint[]) AND member.list_id = ANY(%(lists)s::integer[]);

-- name: reach
-- Which of the addresses of some profiles are switched off, by kind, and which channels they have a device for.
-- Params: lanes (smallint[]), profiles (bigint[]). Index: the primary keys of profiles and suppression, profiles_device by profile.
SELECT p.id,
       ARRAY(SELECT kind FROM profiles_suppression
              WHERE value = p.email AND kind = 'email' OR value = p.phone AND kind = 'phone'),
       ARRAY(SELECT DISTINCT channel FROM profiles_device AS d WHERE d.lane = p.lane AND d.profile_id = p.id)
  FROM (SELECT DISTINCT id FROM unnest(%(profiles)s::bigint[]) AS given (id)) AS who
  JOIN profiles_profile AS p ON p.lane = who.id %% 64 AND p.id = who.id
 WHERE p.lane = ANY(%(lanes)s::smallint[]);
