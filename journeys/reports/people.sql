-- name: reached
-- How many different people some messages were sent to within a period, and how many of them viewed it, clicked and converted within the
-- node's time: of each node, of each of its variants, and on each system (of push and web push, by the devices that people have now). Beside
-- that what became of the messages on each system, and where a group sends, the names of its providers that took them (not as an SMS
-- instead). Reads the period's messages, and what was told of messages since, as a set: for reports, never for pages. Params: lanes, begin, end (instants), versions, nodes, windows (side by side), viewed, clicked, delivered,
-- replied (types of events; -1 for one never seen).
WITH asked AS (
    SELECT * FROM unnest(%(versions)s::int[], %(nodes)s::smallint[], %(windows)s::interval[]) AS a (version_id, node, lasts)
), grouped AS (
    SELECT c.id AS campaign_id
      FROM journeys_node AS n
      JOIN channels_campaign AS c ON c.id = n.campaign_id
      JOIN channels_provider AS p
        ON p.id = coalesce(c.provider_id, (SELECT d.id FROM channels_provider AS d WHERE d.channel = c.channel AND d.is_default))
     WHERE n.version_id = ANY(%(versions)s::int[]) AND p.kind = 'group'
), sent AS (
    SELECT m.lane, m.id, m.profile_id, m.version_id, m.node, m.variant, m.channel, m.finished_at AS at, m.finished_at + a.lasts AS until,
           p.name AS provider
      FROM channels_message AS m
      JOIN asked AS a ON a.version_id = m.version_id AND a.node = m.node
      LEFT JOIN grouped AS g ON g.campaign_id = m.campaign_id AND m.sent_as IS NULL
      LEFT JOIN channels_provider AS p ON p.id = m.provider_id AND g.campaign_id IS NOT NULL
     WHERE m.lane = ANY(%(lanes)s::smallint[]) AND m.status = 'sent' AND m.queued_at < %(end)s::timestamptz
       AND m.finished_at >= %(begin)s::timestamptz AND m.finished_at < %(end)s::timestamptz
), told AS (
    SELECT e.lane, (e.properties ->> 'message')::bigint AS message,
           min(e.at) FILTER (WHERE e.type_id = %(viewed)s) AS viewed, min(e.at) FILTER (WHERE e.type_id = %(clicked)s) AS clicked,
           min(e.at) FILTER (WHERE e.type_id = %(delivered)s) AS delivered, min(e.at) FILTER (WHERE e.type_id = %(replied)s) AS replied
      FROM profiles_event AS e
     WHERE e.lane = ANY(%(lanes)s::smallint[]) AND e.at >= %(begin)s::timestamptz
       AND e.type_id = ANY(ARRAY[%(viewed)s, %(clicked)s, %(delivered)s, %(replied)s]::int[])
     GROUP BY 1, 2
), owned AS (
    SELECT DISTINCT lane, profile_id, channel,
           CASE WHEN channel = 'web_push' THEN 'Web' WHEN platform = 'apns' THEN 'iOS' WHEN platform = 'wns' THEN 'Windows'
                ELSE 'Android' END AS os
      FROM profiles_device
     WHERE lane = ANY(%(lanes)s::smallint[])
), converted AS (
    SELECT lane, profile_id, version_id, node, min(at) AS at
      FROM journeys_conversion
     WHERE lane = ANY(%(lanes)s::smallint[]) AND version_id = ANY(%(versions)s::int[]) AND goal = 1
     GROUP BY 1, 2, 3, 4
)
SELECT s.version_id, s.node, s.variant, o.os, count(DISTINCT s.profile_id),
       count(DISTINCT s.profile_id) FILTER (WHERE t.viewed < s.until),
       count(DISTINCT s.profile_id) FILTER (WHERE t.clicked < s.until),
       count(DISTINCT s.profile_id) FILTER (WHERE c.at >= s.at AND c.at < s.until),
       count(DISTINCT s.id), count(DISTINCT s.id) FILTER (WHERE t.viewed IS NOT NULL),
       count(DISTINCT s.id) FILTER (WHERE t.clicked IS NOT NULL), count(DISTINCT s.id) FILTER (WHERE t.delivered IS NOT NULL),
       count(DISTINCT s.id) FILTER (WHERE t.replied IS NOT NULL),
       coalesce(array_agg(DISTINCT s.provider) FILTER (WHERE s.provider IS NOT NULL), '{}')
  FROM sent AS s
  LEFT JOIN told AS t ON t.lane = s.lane AND t.message = s.id
  LEFT JOIN owned AS o ON o.lane = s.lane AND o.profile_id = s.profile_id AND o.channel = s.channel
  LEFT JOIN converted AS c ON c.lane = s.lane AND c.profile_id = s.profile_id AND c.version_id = s.version_id AND c.node = s.node
 GROUP BY GROUPING SETS ((s.version_id, s.node), (s.version_id, s.node, s.variant), (s.version_id, s.node, o.os))
HAVING (GROUPING(s.variant) = 1 OR s.variant IS NOT NULL) AND (GROUPING(o.os) = 1 OR o.os IS NOT NULL);
