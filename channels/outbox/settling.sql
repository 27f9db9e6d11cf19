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
-- later due_at. Params: keys as in `lease`; statuses, reasons, addresses, attempts, due_ats, variants, provider_ids, sent_as, one each a message; now.
UPDATE channels_message AS m
   SET status = v.status, reason = v.reason, address = v.address, attempts = v.attempts, due_at = v.due_at, lease = NULL,
       variant = v.variant, provider_id = v.provider_id, sent_as = v.sent_as,
       finished_at = CASE WHEN v.due_at IS NULL THEN %(now)s::timestamptz END
  FROM unnest(%(lanes)s::smallint[], %(ids)s::bigint[], %(times)s::timestamptz[], %(people)s::bigint[],
              %(enrollments)s::bigint[], %(statuses)s::text[], %(reasons)s::text[], %(addresses)s::text[],
              %(attempts)s::smallint[], %(due_ats)s::timestamptz[], %(variants)s::text[],
              %(provider_ids)s::bigint[], %(sent_as)s::text[])
       AS v (lane, id, queued_at, profile_id, enrollment_id, status, reason, address, attempts, due_at, variant, provider_id, sent_as)
 WHERE m.lane = v.lane AND m.id = v.id AND m.queued_at = v.queued_at
   AND m.profile_id = v.profile_id AND m.enrollment_id = v.enrollment_id;
