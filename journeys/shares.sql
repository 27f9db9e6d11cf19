-- name: paths
-- How many people took each path of an IntelliNODE, and how many of those met a goal. Params: lanes, version, node.
-- Index: the tallies' primary key, once a lane.
SELECT metric, sum(value)::bigint
  FROM journeys_tally
 WHERE lane = ANY(%(lanes)s::smallint[]) AND version_id = %(version)s AND node = %(node)s
   AND (metric LIKE 'left:path\_%%' OR metric LIKE 'path\_%%:converted')
 GROUP BY metric;
