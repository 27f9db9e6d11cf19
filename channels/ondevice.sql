-- name: waiting
-- What waits for one person, and whether the journey was stopped. What is expired is left out. Params: lane, profile_id, channels, now.
-- Locked, so that of two devices that ask at once one finds what the other has discarded gone. Index: channels_ondevice_person.
SELECT o.message_id, o.day, o.channel, o.priority, o.since, o.expires_at, o.viewed_at, o.content, c.policy, c.stopped
  FROM channels_ondevice AS o
  JOIN channels_campaign AS c ON c.id = o.campaign_id
 WHERE o.lane = %(lane)s::smallint AND o.profile_id = %(profile_id)s::bigint AND o.channel = ANY(%(channels)s::text[])
   AND (o.expires_at IS NULL OR o.expires_at > %(now)s::timestamptz)
 ORDER BY o.priority DESC, o.since, o.message_id
   FOR UPDATE OF o;

-- name: fetched
-- A device has asked for these for the first time. Params: lane, ids, now.
UPDATE channels_ondevice SET fetched_at = %(now)s
 WHERE lane = %(lane)s::smallint AND message_id = ANY(%(ids)s::bigint[]) AND fetched_at IS NULL;

-- name: discard
-- sent -> discarded, for what `waiting` locked; returns what the outcome's event tells. Params: lane, ids, oldest (queued_at), reason, now.
WITH gone AS (
    DELETE FROM channels_ondevice WHERE lane = %(lane)s::smallint AND message_id = ANY(%(ids)s::bigint[]) RETURNING lane, message_id
)
UPDATE channels_message AS m SET status = 'discarded', reason = %(reason)s, finished_at = %(now)s
  FROM gone
 WHERE m.lane = gone.lane AND m.id = gone.message_id AND m.queued_at >= %(oldest)s::timestamptz AND m.status = 'sent'
RETURNING m.lane, m.id, m.profile_id, m.campaign_id, m.enrollment_id, m.journey_id, m.version_id, m.node, m.visit, m.channel, m.address,
          m.variant;

-- name: withdraw
-- Take back what waits for people who left; what is in the app inbox stays there. Params: lanes, enrollment_ids.
-- Index: channels_ondevice_enrollment.
DELETE FROM channels_ondevice
 WHERE lane = ANY(%(lanes)s::smallint[]) AND enrollment_id = ANY(%(enrollment_ids)s::bigint[]) AND channel <> 'app_inbox';

-- name: forget
-- Forget up to `batch` messages that are of no use any more. Repeat until it forgets fewer. Params: now, batch.
-- Index: channels_ondevice_expires.
DELETE FROM channels_ondevice
 WHERE (lane, message_id) IN (
       SELECT lane, message_id FROM channels_ondevice WHERE expires_at <= %(now)s::timestamptz
        ORDER BY expires_at LIMIT %(batch)s::bigint FOR UPDATE SKIP LOCKED);

-- name: before
-- What people came to before at nodes: when messages were handed over, and how often in all. Params: lanes, people, journeys, nodes,
-- one each a message. Index: channels_message_person.
SELECT v.profile_id, v.journey_id, v.node, b.shown, b.times
  FROM unnest(%(lanes)s::smallint[], %(people)s::bigint[], %(journeys)s::int[], %(nodes)s::smallint[])
       AS v (lane, profile_id, journey_id, node)
 CROSS JOIN LATERAL (
       SELECT array_agg(m.finished_at) FILTER (WHERE m.status = 'sent') AS shown, count(*) AS times FROM channels_message AS m
        WHERE m.lane = v.lane AND m.profile_id = v.profile_id AND m.journey_id = v.journey_id AND m.node = v.node
          AND m.status IN ('sent', 'discarded')
       OFFSET 0
       ) AS b;

-- name: activity
-- When people did something on a device. Params: lanes, people, one each a person; since. Index: profiles_event_person.
SELECT v.id, array_agg(e.at)
  FROM unnest(%(lanes)s::smallint[], %(people)s::bigint[]) AS v (lane, id)
  JOIN profiles_event AS e ON e.lane = v.lane AND e.profile_id = v.id AND e.at >= %(since)s::timestamptz AND e.source = 'device'
 GROUP BY v.id;
