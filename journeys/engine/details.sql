-- name: there
-- The reasons and links that are counted at some places. Params: one array a column of (lane, version, node, day).
-- Index: the primary key, by lane, version and node.
SELECT k.lane, k.version, k.node, k.day, t.metric
  FROM unnest(%(lane)s::smallint[], %(version)s::int[], %(node)s::smallint[], %(day)s::date[]) AS k (lane, version, node, day)
  JOIN journeys_tally AS t ON t.lane = k.lane AND t.version_id = k.version AND t.node = k.node AND t.day = k.day
   AND (t.metric LIKE 'reason:%%' OR t.metric LIKE 'link:%%');
