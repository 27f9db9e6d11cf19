-- name: timeline
-- A person's events before an instant, newest first. Params: lane, profile_id, before (timestamptz), limit (rows).
-- Index: profiles_event_person; the inbox holds only what the engine has not come to.
SELECT happened.id, happened.at, kind.name, happened.source, happened.properties, happened.routed
  FROM (
        (SELECT id, at, type_id, source, properties, true AS routed FROM profiles_event
          WHERE lane = %(lane)s::smallint AND profile_id = %(profile_id)s::bigint AND at < %(before)s::timestamptz
          ORDER BY at DESC, id DESC LIMIT %(limit)s::bigint)
        UNION ALL
        (SELECT id, at, type_id, source, properties, false FROM profiles_inbox
          WHERE lane = %(lane)s::smallint AND profile_id = %(profile_id)s::bigint AND at < %(before)s::timestamptz
          ORDER BY at DESC, id DESC LIMIT %(limit)s::bigint)
       ) AS happened
  JOIN profiles_eventtype AS kind ON kind.id = happened.type_id
 ORDER BY happened.at DESC, happened.id DESC
 LIMIT %(limit)s::bigint;

-- name: latest_of
-- A person's newest events of some types. Params: lane, profile_id, types (integer[]), limit (rows). Index: profiles_event_person, walked
-- from its end; the inbox holds only what the engine has not come to.
(SELECT id, type_id, at, received_at, properties, true AS routed FROM profiles_event
  WHERE lane = %(lane)s::smallint AND profile_id = %(profile_id)s::bigint AND type_id = ANY(%(types)s::integer[])
  ORDER BY at DESC, id DESC LIMIT %(limit)s::bigint)
UNION ALL
(SELECT id, type_id, at, received_at, properties, false FROM profiles_inbox
  WHERE lane = %(lane)s::smallint AND profile_id = %(profile_id)s::bigint AND type_id = ANY(%(types)s::integer[])
  ORDER BY at DESC, id DESC LIMIT %(limit)s::bigint)
 ORDER BY 3 DESC, 1 DESC
 LIMIT %(limit)s::bigint;

-- name: routed
-- Events of a person by their ids, in a span of time. Params: lane, profile_id, ids (bigint[]), since, until. Index: profiles_event_person.
SELECT e.id, e.at, kind.name, e.source, e.properties
  FROM profiles_event AS e
  JOIN profiles_eventtype AS kind ON kind.id = e.type_id
 WHERE e.lane = %(lane)s::smallint AND e.profile_id = %(profile_id)s::bigint AND e.id = ANY(%(ids)s::bigint[])
   AND e.at >= %(since)s::timestamptz AND e.at <= %(until)s::timestamptz;

-- name: names
-- What to call people. Params: lanes (smallint[]), ids (bigint[]), side by side. Index: the primary key.
SELECT person.id, coalesce(person.name, person.identity, person.email, person.object_id, 'Profile ' || person.id)
  FROM unnest(%(lanes)s::smallint[], %(ids)s::bigint[]) AS wanted (lane, id)
  JOIN profiles_profile AS person ON person.lane = wanted.lane AND person.id = wanted.id;

-- name: property_names
-- The names of properties, system flags too, among the people who came last. Params: lanes, each (rows a lane). Index: the primary key.
SELECT DISTINCT name
  FROM unnest(%(lanes)s::smallint[]) AS every (lane)
 CROSS JOIN LATERAL (
       SELECT properties FROM profiles_profile WHERE lane = every.lane ORDER BY id DESC LIMIT %(each)s::bigint
       ) AS person
 CROSS JOIN LATERAL jsonb_object_keys(person.properties) AS name
 ORDER BY name;
