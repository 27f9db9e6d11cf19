-- name: next
-- When the next queued message comes due. Index: channels_message_due, once a lane. Params: lanes.
SELECT min(m.due_at)
  FROM unnest(%(lanes)s::smallint[]) AS l (lane)
 CROSS JOIN LATERAL (SELECT due_at FROM channels_message
                      WHERE lane = l.lane AND status IN ('queued', 'sending') ORDER BY due_at LIMIT 1) AS m;

-- name: cancel
-- queued -> cancelled, for people who left. What is being sent right now goes out. Params: lanes, enrollment_ids, reason, now.
-- Index: the unique key (lane, enrollment_id, …).
UPDATE channels_message
   SET status = 'cancelled', reason = %(reason)s, due_at = NULL, finished_at = %(now)s
 WHERE lane = ANY(%(lanes)s::smallint[]) AND enrollment_id = ANY(%(enrollment_ids)s::bigint[]) AND status = 'queued';
