-- name: claim
-- Take due messages, the longest due first within each lane, with what is known of their people; leases that ran out too.
-- Locks the rows until the transaction ends. Repeat freely: two dispatchers at once share the work (SKIP LOCKED).
-- Params: lanes, share (rows a lane), now. Indexes: channels_message_due, then primary keys.
-- A share a lane, and not one LIMIT over all, keeps the cost at the batch however long the queue is, and lanes equal.
-- first: the profile that had this one's address first, if it gets the same message in the same run, which is at the same instant.
-- OFFSET 0 keeps each look-up beside its row: statistics lag behind a burst, and a hash join would read whole tables.
-- queued_at comes as text, which is only handed back; `day` counts from 2020-01-01 in UTC.
SELECT m.lane, m.id, m.queued_at::text, (m.queued_at AT TIME ZONE 'UTC')::date - DATE '2020-01-01' AS day, m.profile_id, m.campaign_id, m.enrollment_id, m.journey_id, m.version_id, m.node,
       m.visit, m.channel, m.variant, m.attempts, m.reason, m.event,
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

-- name: next
-- When the next queued message comes due. Index: channels_message_due, once a lane. Params: lanes.
SELECT min(m.due_at)
  FROM unnest(%(lanes)s::smallint[]) AS l (lane)
 CROSS JOIN LATERAL (SELECT due_at FROM channels_message
                      WHERE lane = l.lane AND status IN ('queued', 'sending') ORDER BY due_at LIMIT 1) AS m;

-- name: one_at_a_time
-- Until the transaction ends, nobody else decides by limits about the people of these lanes. All wait in one order, so nobody waits in
-- a ring; the schema's hash keeps a rehearsal apart. Params: lanes.
SELECT pg_advisory_xact_lock(hashtext(current_schema() || ' limits'), lane)
  FROM (SELECT lane FROM unnest(%(lanes)s::int[]) AS lane ORDER BY lane OFFSET 0) AS ordered;

-- name: sends
-- What some people were sent since an instant, or at some nodes ever; and what is being sent to them (sent_at is null). Params: lanes,
-- people, one each a person; since; journeys, nodes, one each a node that counts for ever; earliest: no message that counts was queued
-- before. Index: channels_message_person.
SELECT m.lane, m.id, m.profile_id, m.channel, m.journey_id, m.node, CASE WHEN m.status = 'sent' THEN m.finished_at END AS sent_at
  FROM unnest(%(lanes)s::smallint[], %(people)s::bigint[]) AS p (lane, id)
 CROSS JOIN LATERAL (
       SELECT * FROM channels_message AS d
        WHERE d.lane = p.lane AND d.profile_id = p.id AND d.queued_at >= %(earliest)s::timestamptz
          AND (d.status = 'sending' OR d.status = 'sent' AND (
               d.finished_at > %(since)s::timestamptz
               OR (d.journey_id, d.node) IN (SELECT * FROM unnest(%(journeys)s::int[], %(nodes)s::smallint[]))
              ))
       OFFSET 0
       ) AS m;

-- name: slots
-- The five minutes that throttled campaigns are filling, locked until the transaction ends; a new one begins now, empty. All lock in one
-- order. Params: ids, now.
INSERT INTO channels_throttle AS t (campaign_id, begins, used)
SELECT id, %(now)s, 0 FROM unnest(%(ids)s::bigint[]) AS id ORDER BY id
ON CONFLICT (campaign_id) DO UPDATE SET used = t.used
RETURNING campaign_id, begins, used;

-- name: take_slots
-- Write back what `slots` locked. Params: ids, begins, used, one each a campaign.
UPDATE channels_throttle AS t SET begins = v.begins, used = v.used
  FROM unnest(%(ids)s::bigint[], %(begins)s::timestamptz[], %(used)s::int[]) AS v (id, begins, used)
 WHERE t.campaign_id = v.id;

-- name: trials
-- The A/B tests of campaigns, locked until the transaction ends; a new one begins now. All lock in one order. Params: ids, now.
INSERT INTO channels_experiment AS t (campaign_id, given, began_at, winner)
SELECT id, 0, %(now)s, '' FROM unnest(%(ids)s::bigint[]) AS id ORDER BY id
ON CONFLICT (campaign_id) DO UPDATE SET given = t.given
RETURNING campaign_id, given, decides_at, winner;

-- name: keep_trials
-- Write back what `trials` locked. Params: ids, given, decides_at, one each a campaign.
UPDATE channels_experiment AS t SET given = v.given, decides_at = v.decides_at
  FROM unnest(%(ids)s::bigint[], %(given)s::int[], %(decides_at)s::timestamptz[]) AS v (id, given, decides_at)
 WHERE t.campaign_id = v.id;

-- name: lease
-- queued -> sending, for rows that `claim` holds locked. Once this is committed the batch is ours until `until`.
-- Params: the key of each message in lanes, ids, times (queued_at), people, enrollments; variants, one each; lease, until.
-- The WHERE names the whole key, and more of it than the primary key has, and nothing else: so every index that the planner may
-- pick leads to the row, and no guess about a guard's selectivity turns the join around, which makes it quadratic.
UPDATE channels_message AS m
   SET status = 'sending', lease = %(lease)s, due_at = %(until)s, variant = v.variant
  FROM unnest(%(lanes)s::smallint[], %(ids)s::bigint[], %(times)s::timestamptz[], %(people)s::bigint[],
              %(enrollments)s::bigint[], %(variants)s::text[]) AS v (lane, id, queued_at, profile_id, enrollment_id, variant)
 WHERE m.lane = v.lane AND m.id = v.id AND m.queued_at = v.queued_at
   AND m.profile_id = v.profile_id AND m.enrollment_id = v.enrollment_id;

-- name: hold
-- Lock the messages that are still ours under a lease, and say which. Params: keys as in `lease`; lease.
SELECT v.lane, v.id
  FROM unnest(%(lanes)s::smallint[], %(ids)s::bigint[], %(times)s::timestamptz[], %(people)s::bigint[],
              %(enrollments)s::bigint[]) AS v (lane, id, queued_at, profile_id, enrollment_id)
 CROSS JOIN LATERAL (
       SELECT status, lease FROM channels_message
        WHERE lane = v.lane AND id = v.id AND queued_at = v.queued_at
          AND profile_id = v.profile_id AND enrollment_id = v.enrollment_id
       OFFSET 0 FOR UPDATE
       ) AS m
 WHERE m.status = 'sending' AND m.lease = %(lease)s;

-- name: settle
-- Write what became of messages that `claim` or `hold` keeps locked: -> sent, failed, unreachable, or back to queued with a
-- later due_at. Params: keys as in `lease`; statuses, reasons, addresses, attempts, due_ats, variants, one each a message; now.
UPDATE channels_message AS m
   SET status = v.status, reason = v.reason, address = v.address, attempts = v.attempts, due_at = v.due_at, lease = NULL,
       variant = v.variant,
       finished_at = CASE WHEN v.due_at IS NULL THEN %(now)s::timestamptz END
  FROM unnest(%(lanes)s::smallint[], %(ids)s::bigint[], %(times)s::timestamptz[], %(people)s::bigint[],
              %(enrollments)s::bigint[], %(statuses)s::text[], %(reasons)s::text[], %(addresses)s::text[],
              %(attempts)s::smallint[], %(due_ats)s::timestamptz[], %(variants)s::text[])
       AS v (lane, id, queued_at, profile_id, enrollment_id, status, reason, address, attempts, due_at, variant)
 WHERE m.lane = v.lane AND m.id = v.id AND m.queued_at = v.queued_at
   AND m.profile_id = v.profile_id AND m.enrollment_id = v.enrollment_id;

-- name: cancel
-- queued -> cancelled, for people who left. What is being sent right now goes out. Params: lanes, enrollment_ids, reason, now.
-- Index: the unique key (lane, enrollment_id, …).
UPDATE channels_message
   SET status = 'cancelled', reason = %(reason)s, due_at = NULL, finished_at = %(now)s
 WHERE lane = ANY(%(lanes)s::smallint[]) AND enrollment_id = ANY(%(enrollment_ids)s::bigint[]) AND status = 'queued';

-- name: join_by_key
-- For the rest of the transaction, join by index only. The tables grow from empty within one burst, so the planner may take them for
-- small and read them whole, once a batch.
SELECT set_config('enable_hashjoin', 'off', TRUE), set_config('enable_mergejoin', 'off', TRUE), set_config('enable_seqscan', 'off', TRUE);
