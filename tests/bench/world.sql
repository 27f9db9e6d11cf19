-- name: people
-- Params: number, now.
INSERT INTO profiles_profile (lane, id, identity, name, email, properties, created_at, updated_at)
SELECT id %% 64, id, 'p' || n, 'Person ' || n, 'p' || n || '@people.example',
       jsonb_build_object('city', 'City ' || n %% 40, 'tier', (ARRAY['gold', 'silver', 'bronze'])[1 + n %% 3], 'visits', n %% 17),
       %(now)s, %(now)s
  FROM (SELECT nextval('profiles_profile_id_seq') AS id, n FROM generate_series(1, %(number)s) AS n) AS given;

-- name: identities
INSERT INTO profiles_identity (value, kind, lane, profile_id)
SELECT identity, 'identity', lane, id FROM profiles_profile UNION ALL SELECT email, 'email', lane, id FROM profiles_profile;

-- name: unrouted
-- Whether something is under way.
SELECT EXISTS (SELECT FROM profiles_inbox), EXISTS (SELECT FROM channels_message WHERE status IN ('queued', 'sending'));

-- name: recorded
-- How many messages the sandbox has been handed.
SELECT count(*) FROM channels_sandboxed;

-- name: recorded_for
-- Whether a person's message has been handed over. Params: lane, profile, version.
SELECT EXISTS (SELECT FROM channels_message
                WHERE lane = %(lane)s AND profile_id = %(profile)s AND version_id = %(version)s AND status = 'sent');

-- name: inside
-- How many are inside a version. Params: version.
SELECT count(*) FROM journeys_enrollment WHERE version_id = %(version)s AND phase <> 'exited';

-- name: sent
-- What a receipt needs to know of a version's messages. Params: version.
SELECT lane, id FROM channels_message WHERE version_id = %(version)s AND status = 'sent' ORDER BY id;

-- name: asleep
-- People asleep on the way to node 1 of a version, made up. Params: number, version, journey, now, due (timestamptz).
INSERT INTO journeys_enrollment (lane, profile_id, journey_id, version_id, phase, node, visit, entered_at, arrived_at, heard_at, heard_id,
                                 entry_at, entry_id, decides_at, due_at)
SELECT id %% 64, id, %(journey)s, %(version)s, 'asleep', 1, 0, %(now)s, %(now)s, %(now)s, 0, %(now)s, 0,
       %(due)s::timestamptz + n * interval '1 microsecond', %(due)s::timestamptz + n * interval '1 microsecond'
  FROM (SELECT nextval('profiles_profile_id_seq') AS id, n FROM generate_series(1, %(number)s) AS n) AS given;

-- name: due
-- Whether anyone's clock has come. Params: lanes, now.
SELECT EXISTS (SELECT FROM unnest(%(lanes)s::smallint[]) AS l(lane)
                CROSS JOIN LATERAL (SELECT FROM journeys_enrollment WHERE lane = l.lane AND due_at <= %(now)s LIMIT 1) AS e);

-- name: queued
-- Messages of everyone to a campaign, and the stays that wait for them, made up. Params: number, version, journey, campaign, now, due.
WITH person AS (
    SELECT lane, id, nextval('journeys_enrollment_id_seq') AS stay FROM profiles_profile WHERE identity IS NOT NULL LIMIT %(number)s
), event AS (
    SELECT jsonb_build_object('name', 'Product Viewed', 'at', %(now)s::text,
                              'properties', '{"product": "Chair", "price": 49}'::jsonb) AS event
), stays AS (
    INSERT INTO journeys_enrollment (lane, id, profile_id, journey_id, version_id, phase, node, visit, entered_at, arrived_at, heard_at,
                                     heard_id, entry_at, entry_id, event)
    SELECT lane, stay, id, %(journey)s, %(version)s, 'sending', 1, 1, %(now)s, %(now)s, %(now)s, 0, %(now)s, 0, event FROM person, event
)
INSERT INTO channels_message (lane, queued_at, profile_id, campaign_id, enrollment_id, journey_id, version_id, node, visit, channel, due_at,
                              event)
SELECT lane, %(now)s, id, %(campaign)s, stay, %(journey)s, %(version)s, 1, 1, 'email', %(due)s, event FROM person, event;
