-- Messages for people to look at, newest first. Never counts: the outbox holds millions.

-- name: latest
-- A page of messages before an id, by filters that are null when not asked for. Lane by lane, so that each is a walk down
-- the primary key that ends at `limit` rows; for failed, unreachable and cancelled down channels_message_rare, which holds no
-- others. Any other filter that few rows meet may walk long, which the caller bounds in time.
-- Params: lanes, before (id or null), since, until (queued_at), status, reason, channel, journey, node, limit.
SELECT m.id, m.lane, m.queued_at, m.profile_id, m.campaign_id, m.journey_id, m.node, m.channel, m.status, m.reason, m.address,
       m.finished_at, m.attempts
  FROM unnest(%(lanes)s::smallint[]) AS every (lane)
 CROSS JOIN LATERAL (
       SELECT * FROM channels_message
        WHERE lane = every.lane
          AND queued_at >= %(since)s::timestamptz AND queued_at < %(until)s::timestamptz
          AND (%(before)s::bigint IS NULL OR id < %(before)s::bigint)
          AND (%(status)s::text IS NULL OR status = %(status)s::text)
          AND (%(reason)s::text IS NULL OR position(lower(%(reason)s::text) IN lower(reason)) > 0)
          AND (%(channel)s::text IS NULL OR channel = %(channel)s::text)
          AND (%(journey)s::int IS NULL OR journey_id = %(journey)s::int)
          AND (%(node)s::int IS NULL OR node = %(node)s::int)
        ORDER BY id DESC LIMIT %(limit)s::bigint
       ) AS m
 ORDER BY m.id DESC
 LIMIT %(limit)s::bigint;

-- name: person
-- A person's messages before an instant, newest first. Params: lane, profile_id, before, limit. Index: channels_message_person.
SELECT id, queued_at, channel, status, reason, journey_id, version_id, node, finished_at, due_at
  FROM channels_message
 WHERE lane = %(lane)s::smallint AND profile_id = %(profile_id)s::bigint AND queued_at < %(before)s::timestamptz
 ORDER BY queued_at DESC, id DESC
 LIMIT %(limit)s::bigint;
