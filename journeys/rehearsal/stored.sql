-- name: size
-- How many people there are, and how many of their events lie between two instants: what the share of the sample comes from. Reads the
-- account's own tables. Params: since, until, left_out (event type ids).
SELECT (SELECT count(*) FROM public.profiles_profile),
       (SELECT count(*) FROM public.profiles_event
         WHERE at >= %(since)s AND at < %(until)s AND NOT type_id = ANY(%(left_out)s::int[]));

-- name: left_out
-- Event types that only our own sending makes: their journeys and messages are not those of the rehearsal. Params: keys.
SELECT id FROM public.profiles_eventtype WHERE key = ANY(%(keys)s::text[]);

-- name: people
-- The people of the sample, by a hash that stays the same. Params: share (of 1,048,576 parts).
INSERT INTO profiles_profile SELECT * FROM public.profiles_profile WHERE hashint8(id) & 1048575 < %(share)s;

-- name: identities
INSERT INTO profiles_identity
SELECT i.* FROM public.profiles_identity AS i JOIN profiles_profile AS p ON p.lane = i.lane AND p.id = i.profile_id;

-- name: devices
INSERT INTO profiles_device
SELECT d.* FROM public.profiles_device AS d JOIN profiles_profile AS p ON p.lane = d.lane AND p.id = d.profile_id;

-- name: members
INSERT INTO segments_member
SELECT m.* FROM public.segments_member AS m JOIN profiles_profile AS p ON p.lane = m.lane AND p.id = m.profile_id;

-- name: suppressed
-- Addresses that are switched off, of the sample's people.
INSERT INTO profiles_suppression
SELECT s.* FROM public.profiles_suppression AS s
 WHERE EXISTS (SELECT FROM profiles_profile AS p WHERE lower(p.email) = s.value OR p.phone = s.value);

-- name: history
-- What the people did before the period: conditions ask about it. Params: share, since, until, left_out.
INSERT INTO profiles_event
SELECT * FROM public.profiles_event
 WHERE at >= %(since)s AND at < %(until)s AND NOT type_id = ANY(%(left_out)s::int[]) AND hashint8(profile_id) & 1048575 < %(share)s;

-- name: feed
-- What they did in it, waiting for its instant: it arrives when it happened. Params: share, since, until, left_out.
CREATE UNLOGGED TABLE journeys_feed AS
SELECT lane, profile_id, type_id, at, source, properties, id
  FROM public.profiles_event
 WHERE at >= %(since)s AND at < %(until)s AND NOT type_id = ANY(%(left_out)s::int[]) AND hashint8(profile_id) & 1048575 < %(share)s;

-- name: feed_index
CREATE INDEX journeys_feed_at ON journeys_feed (at);

-- name: analyze
ANALYZE profiles_profile, profiles_event, profiles_identity, profiles_device, segments_member, journeys_feed;

-- name: next
-- When the next event of the feed happens.
SELECT min(at) FROM journeys_feed;

-- name: arrive
-- The feed's events up to an instant arrive. Params: now.
WITH happened AS (DELETE FROM journeys_feed WHERE at <= %(now)s RETURNING *)
INSERT INTO profiles_inbox (lane, profile_id, type_id, at, received_at, source, properties)
SELECT lane, profile_id, type_id, at, at, source, properties FROM happened ORDER BY at, id;

-- name: rates
-- Of the account's messages on each channel that went out on some days: how many, and how many of 1 were viewed and clicked, as the pages of
-- numbers count. Params: lanes, first, last (dates, both included), fewest (messages that say something). Index: none; the counters are few.
SELECT n.kind, sum(t.value) FILTER (WHERE t.metric = 'sent')::bigint AS sent,
       least(1, coalesce(sum(t.value) FILTER (WHERE t.metric = 'viewed'), 0) / sum(t.value) FILTER (WHERE t.metric = 'sent'))::float8,
       least(1, coalesce(sum(t.value) FILTER (WHERE t.metric = 'clicked'), 0) / sum(t.value) FILTER (WHERE t.metric = 'sent'))::float8
  FROM public.journeys_tally AS t
  JOIN public.journeys_node AS n ON n.version_id = t.version_id AND n.number = t.node
 WHERE t.lane = ANY(%(lanes)s::smallint[]) AND t.metric = ANY(ARRAY['sent', 'viewed', 'clicked']) AND t.day BETWEEN %(first)s AND %(last)s
 GROUP BY n.kind
HAVING sum(t.value) FILTER (WHERE t.metric = 'sent') >= %(fewest)s;

-- name: respond
-- Those who were sent a message at this instant view and click it some time later, as many as `rates` says, drawn by person, node and visit:
-- the same ones each time, and who clicks has viewed. What they do waits in the feed. A response tells what the message's sending told.
-- Params: now, sent (an event type), and of each response its type, channel, after (an interval) and rate.
INSERT INTO journeys_feed (lane, profile_id, type_id, at, source, properties, id)
SELECT e.lane, e.profile_id, r.type_id, e.at + r.after, 'system', e.properties, e.id
  FROM profiles_event AS e
  JOIN unnest(%(types)s::int[], %(channels)s::text[], %(afters)s::interval[], %(rates)s::float8[]) AS r (type_id, channel, after, rate)
    ON r.channel = e.properties ->> 'channel'
 WHERE e.type_id = %(sent)s AND e.at = %(now)s
   AND (hashint8extended(e.profile_id, (e.properties ->> 'node')::int * 1000003 + (e.properties ->> 'visit')::int) & 1048575)
       < r.rate * 1048576;

-- name: counted
SELECT (SELECT count(*) FROM profiles_profile), (SELECT count(*) FROM journeys_feed);

-- name: paths
-- The moves of some of those who entered, each person's in order. Params: version, most (people), moves (a person), lanes.
SELECT s.profile_id, coalesce(p.name, p.identity, p.email, p.object_id), s.at, s.what, s.node, s.via, s.outcome, s.reason
  FROM (SELECT profile_id, lane FROM journeys_step
         WHERE version_id = %(version)s AND what = 'entered' AND lane = ANY(%(lanes)s::smallint[])
         GROUP BY 1, 2 ORDER BY hashint8(profile_id) LIMIT %(most)s) AS chosen
  JOIN profiles_profile AS p ON p.lane = chosen.lane AND p.id = chosen.profile_id
 CROSS JOIN LATERAL (
       SELECT * FROM journeys_step
        WHERE lane = chosen.lane AND profile_id = chosen.profile_id AND version_id = %(version)s
        ORDER BY at, id LIMIT %(moves)s
       ) AS s
 ORDER BY s.profile_id, s.at, s.id;
