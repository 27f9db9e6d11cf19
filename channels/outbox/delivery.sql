-- name: claim
-- Take due messages, the longest due first within each lane, with what is known of their people; leases that ran out too.
-- Locks the rows until the transaction ends. Repeat freely: two dispatchers at once share the work (SKIP LOCKED).
-- Params: lanes, share (rows a lane), now. Indexes: channels_message_due, then primary keys.
-- A share a lane, and not one LIMIT over all, keeps the cost at the batch however long the queue is, and lanes equal.
-- first: the profile that had this one's address first, if it gets the same message in the same run, which is at the same instant.
-- OFFSET 0 keeps each look-up beside its row: statistics lag behind a burst, and a hash join would read whole tables.
-- queued_at comes as text, which is only handed back; `day` counts from 2020-01-01 in UTC.
SELECT m.lane, m.id, m.queued_at::text, (m.queued_at AT TIME ZONE 'UTC')::date - DATE '2020-01-01' AS day, m.profile_id, m.campaign_id, m.enrollment_id, m.journey_id, m.version_id, m.node,
       m.visit, m.channel, m.variant, m.attempts, m.reason, m.provider_id, m.sent_as, m.event,
       p.identity, p.object_id, p.name, p.email, p.phone, p.timezone, p.properties, s.reason AS suppressed, v.devices,
       o.first
  FROM unnest(%(lanes)s::smallint[]) AS due (lane)
 CROSS JOIN LATERAL (
       SELECT * FROM channels_message
        WHERE lane = due.lane AND status IN ('queued', 'sending') AND due_at <= %(now)s
        ORDER BY due_at LIMIT %(share)s FOR UPDATE SKIP LOCKED
       ) AS m
  LEFT JOIN LATERAL (
       SELECT * FROM profiles_profile WHERE lane = m.lane AND id = m.profile_id OFFSET 0
       ) AS p ON TRUE
  LEFT JOIN LATERAL (
       SELECT reason FROM profiles_suppression
        WHERE (kind = 'email' AND value = lower(p.email) AND m.channel = 'email')
           OR (kind = 'phone' AND value = p.phone AND m.channel IN ('sms', 'whatsapp', 'rcs'))
       OFFSET 0
       ) AS s ON TRUE
  LEFT JOIN LATERAL (
       SELECT jsonb_agg(jsonb_build_object('id', d.id, 'platform', d.platform, 'token', d.token, 'keys', d.keys) ORDER BY d.id) AS devices
         FROM profiles_device AS d
        WHERE m.channel IN ('push', 'web_push') AND d.lane = m.lane AND d.profile_id = m.profile_id AND d.channel = m.channel
       ) AS v ON TRUE
  LEFT JOIN LATERAL (
       SELECT i.profile_id AS first FROM profiles_identity AS i
        WHERE ((i.kind = 'email' AND i.value = lower(p.email) AND m.channel = 'email')
               OR (i.kind = 'phone' AND i.value = p.phone AND m.channel IN ('sms', 'whatsapp', 'rcs')))
          AND i.profile_id <> m.profile_id
          AND EXISTS (
              SELECT FROM channels_message AS d
               WHERE d.lane = i.lane AND d.profile_id = i.profile_id AND d.queued_at = m.queued_at
                 AND d.campaign_id = m.campaign_id AND d.status NOT IN ('cancelled', 'failed', 'unreachable')
              )
       OFFSET 0
       ) AS o ON TRUE;
