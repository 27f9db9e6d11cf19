-- name: messages
-- The messages that receipts are about. Params: lanes, ids; oldest, newest: instants that queued_at lies between (partitions).
-- What no provider was given and what was discarded, nobody has had. address: where it went, or would go while it is still being sent. Index: the primary key.
SELECT m.lane, m.id, m.profile_id, m.campaign_id, m.enrollment_id, m.journey_id, m.version_id, m.node, m.visit, m.channel,
       coalesce(m.address, CASE WHEN m.channel = 'email' THEN p.email ELSE p.phone END), m.variant
  FROM unnest(%(lanes)s::smallint[], %(ids)s::bigint[]) AS v (lane, id)
  JOIN channels_message AS m ON m.lane = v.lane AND m.id = v.id AND m.queued_at BETWEEN %(oldest)s AND %(newest)s
   AND (m.status IN ('sent', 'sending') OR m.attempts > 0 AND m.status <> 'discarded')
  LEFT JOIN profiles_profile AS p ON p.lane = m.lane AND p.id = m.profile_id;

-- name: labels
-- The labels of the journeys that campaigns are of, where there are some. Params: ids.
SELECT id, labels::text FROM channels_campaign WHERE id = ANY(%(ids)s::int[]) AND labels <> '[]';

-- name: seen
-- People have seen these: they wait no longer; the app inbox keeps them. Params: lanes, ids.
DELETE FROM channels_ondevice AS o USING unnest(%(lanes)s::smallint[], %(ids)s::bigint[]) AS v (lane, id)
 WHERE o.lane = v.lane AND o.message_id = v.id AND o.channel <> 'app_inbox';

-- name: read
-- Likewise in the app inbox. Params: lanes, ids, now.
UPDATE channels_ondevice AS o SET viewed_at = %(now)s FROM unnest(%(lanes)s::smallint[], %(ids)s::bigint[]) AS v (lane, id)
 WHERE o.lane = v.lane AND o.message_id = v.id AND o.channel = 'app_inbox' AND o.viewed_at IS NULL;
