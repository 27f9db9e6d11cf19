-- What is counted from now on, of what happened before. Parameter: the account's time zone, whose days count.

-- Exits of the journey, beside those at nodes.
INSERT INTO journeys_tally (lane, version_id, node, metric, day, value)
SELECT lane, version_id, 0, 'exited:' || split_part(metric, ':', 2), day, sum(value)
  FROM journeys_tally
 WHERE node <> 0 AND (metric LIKE 'exited:%%' OR metric LIKE 'exited_before:%%')
 GROUP BY 1, 2, 4, 5;

-- Who is asleep, or left while asleep, has set out and not arrived.
INSERT INTO journeys_tally (lane, version_id, node, metric, day, value)
SELECT lane, version_id, node, 'slept', day, sum(value)
  FROM (
        SELECT lane, version_id, node, (arrived_at AT TIME ZONE %(zone)s)::date AS day, 1 AS value
          FROM journeys_enrollment WHERE phase = 'asleep'
        UNION ALL
        SELECT lane, version_id, node, day, value FROM journeys_tally WHERE metric LIKE 'exited_before:%%'
       ) AS asleep
 GROUP BY 1, 2, 3, 5;

-- At messages all are decided but those who wait for their sending, and those whom the message could not reach.
INSERT INTO journeys_tally (lane, version_id, node, metric, day, value)
SELECT 0, node.version_id, node.number, 'decided', current_date, arrived.value - coalesce(unsent.value, 0)
  FROM journeys_node AS node
 CROSS JOIN LATERAL (
       SELECT coalesce(sum(CASE metric WHEN 'arrived' THEN value ELSE -value END), 0) AS value
         FROM journeys_tally AS t
        WHERE t.version_id = node.version_id AND t.node = node.number AND metric IN ('arrived', 'left:unreachable')
       ) AS arrived
  LEFT JOIN (
       SELECT version_id, node, count(*) AS value
         FROM journeys_enrollment
        WHERE phase = 'sending' OR (phase = 'waiting' AND outcome = 'unreachable')
        GROUP BY version_id, node
       ) AS unsent ON unsent.version_id = node.version_id AND unsent.node = node.number
 WHERE node.campaign_id IS NOT NULL AND arrived.value > coalesce(unsent.value, 0);

-- Entries of people who had entered the version before, by the day of that.
INSERT INTO journeys_tally (lane, version_id, node, metric, day, value)
SELECT lane, version_id, 0, 'again:' || before, day, count(*)
  FROM (
        SELECT lane, version_id, (entered_at AT TIME ZONE %(zone)s)::date AS day,
               (lag(entered_at) OVER stays AT TIME ZONE %(zone)s)::date AS before
          FROM journeys_enrollment
        WINDOW stays AS (PARTITION BY lane, profile_id, version_id ORDER BY entered_at, id)
       ) AS entries
 WHERE before IS NOT NULL
 GROUP BY 1, 2, 4, 5;

-- Likewise goals met.
INSERT INTO journeys_tally (lane, version_id, node, metric, day, value)
SELECT lane, version_id, 0, 'met_again:' || before, day, count(*)
  FROM (
        SELECT lane, version_id, (exited_at AT TIME ZONE %(zone)s)::date AS day,
               (lag(exited_at) OVER stays AT TIME ZONE %(zone)s)::date AS before
          FROM journeys_enrollment
         WHERE exit_reason LIKE 'goal%%'
        WINDOW stays AS (PARTITION BY lane, profile_id, version_id ORDER BY exited_at, id)
       ) AS goals
 WHERE before IS NOT NULL
 GROUP BY 1, 2, 4, 5;

UPDATE journeys_enrollment AS stay
   SET met_on = (met.at AT TIME ZONE %(zone)s)::date
  FROM (
        SELECT lane, profile_id, version_id, max(exited_at) AS at
          FROM journeys_enrollment WHERE exit_reason LIKE 'goal%%' GROUP BY 1, 2, 3
       ) AS met
 WHERE stay.phase <> 'exited' AND met.lane = stay.lane AND met.profile_id = stay.profile_id AND met.version_id = stay.version_id;
