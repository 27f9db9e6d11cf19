-- name: bought
-- Half of the people have bought something lately, for different amounts. Params: type, at.
INSERT INTO profiles_event (lane, id, profile_id, type_id, at, received_at, source, properties)
SELECT lane, nextval('profiles_event_id_seq'), id, %(type)s, %(at)s::timestamptz, %(at)s::timestamptz, 'import',
       jsonb_build_object('amount', id %% 100)
  FROM profiles_profile WHERE id %% 2 = 0;

-- name: wait
-- Everyone waits at one of the past-behaviour nodes, due at a midnight. Params: version, journey, nodes, now, due.
INSERT INTO journeys_enrollment (lane, profile_id, journey_id, version_id, phase, node, visit, entered_at, arrived_at, heard_at, heard_id,
                                 entry_at, entry_id, due_at)
SELECT lane, id, %(journey)s, %(version)s, 'waiting', 1 + id %% %(nodes)s, 1, %(now)s, %(now)s, %(now)s, 0, %(now)s, 0, %(due)s
  FROM profiles_profile;

-- name: left
-- Whether somebody is still to be tested at the midnight. Params: lanes, due.
SELECT EXISTS (SELECT FROM unnest(%(lanes)s::smallint[]) AS l(lane)
                CROSS JOIN LATERAL (SELECT FROM journeys_enrollment WHERE lane = l.lane AND due_at <= %(due)s LIMIT 1) AS e);

-- name: lag
-- How old the oldest event in the inbox is, in seconds. Params: now.
SELECT coalesce(extract(epoch FROM %(now)s::timestamptz - min(received_at)), 0)::float FROM profiles_inbox;
