-- What the home page counts, beside config/health.sql. All of it is read from counters and small tables.

-- name: journeys
-- Versions by state, and whether there is anything at all. One row a state. Reads journeys_version, a few hundred rows.
SELECT status, count(*) FROM journeys_version GROUP BY status;

-- name: tallies
-- How many are inside each version that may hold somebody, who entered today, and what became of today's messages.
-- Params: lanes, day (the account's date), midnight (its first instant). Index: the primary key of journeys_tally; never the people themselves.
SELECT v.id, v.journey_id, j.name, v.status,
       coalesce(always.entered, 0)::bigint, coalesce(always.exited, 0)::bigint,
       coalesce(sum(t.value) FILTER (WHERE t.node = 0 AND t.metric = 'entered'), 0)::bigint AS today,
       coalesce(sum(t.value) FILTER (WHERE t.metric = 'sent'), 0)::bigint AS sent,
       coalesce(sum(t.value) FILTER (WHERE t.metric = 'failed'), 0)::bigint AS failed,
       coalesce(sum(t.value) FILTER (WHERE t.metric = 'unreachable'), 0)::bigint AS unreachable
  FROM journeys_version AS v
  JOIN journeys_journey AS j ON j.id = v.journey_id
  LEFT JOIN journeys_tally AS t ON t.version_id = v.id AND t.lane = ANY(%(lanes)s::smallint[]) AND t.day = %(day)s
 CROSS JOIN LATERAL (
       SELECT sum(value) FILTER (WHERE metric = 'entered') AS entered, sum(value) FILTER (WHERE metric LIKE 'exited:%%') AS exited
         FROM (
              SELECT metric, value FROM journeys_total WHERE version_id = v.id AND node = 0
              UNION ALL
              SELECT metric, value FROM journeys_tally WHERE version_id = v.id AND node = 0 AND lane < 64
              ) AS counted
       ) AS always
 WHERE v.published_at IS NOT NULL AND ('stopped' NOT IN (v.status, v.archived_from) OR v.ended_at >= %(midnight)s)
 GROUP BY v.id, v.journey_id, j.name, v.status, always.entered, always.exited
 ORDER BY v.id DESC;

-- name: waiting_messages
-- Messages queued or being sent; the count stops at `most`. Params: lanes, most. Index: channels_message_due.
SELECT count(*) FROM (
    SELECT FROM channels_message
     WHERE lane = ANY(%(lanes)s::smallint[]) AND status IN ('queued', 'sending') LIMIT %(most)s
) AS bounded;

-- name: first_steps
-- What a newcomer has done already.
SELECT EXISTS (SELECT FROM profiles_credential WHERE revoked_at IS NULL),
       EXISTS (SELECT FROM profiles_profile),
       EXISTS (SELECT FROM channels_provider WHERE archived_at IS NULL),
       EXISTS (SELECT FROM journeys_journey),
       EXISTS (SELECT FROM journeys_version WHERE status <> 'draft');
