-- name: counted
-- The counters of one version within some days, lanes together; not why messages failed and what was clicked. Params: lanes, version, first, last (dates, both
-- included). Index: the primary key, lane by lane.
SELECT node, metric, sum(value)::bigint
  FROM journeys_tally
 WHERE lane = ANY(%(lanes)s::smallint[]) AND version_id = %(version)s AND day BETWEEN %(first)s AND %(last)s
   AND metric NOT LIKE 'reason:%%' AND metric NOT LIKE 'link:%%'
 GROUP BY node, metric;

-- name: by_day
-- What entering and leaving counted on each day: of the entry what it counts, of the nodes who exited. Params: as above.
SELECT day, CASE WHEN node = 0 THEN metric ELSE replace(metric, 'exited_before:', 'exited:') END AS what, sum(value)::bigint
  FROM journeys_tally
 WHERE lane = ANY(%(lanes)s::smallint[]) AND version_id = %(version)s AND day BETWEEN %(first)s AND %(last)s
   AND (node = 0 OR metric LIKE 'exited%%')
 GROUP BY 1, 2;

-- name: of_node
-- What one node counted on each day. Params: as above, node.
SELECT day, metric, sum(value)::bigint
  FROM journeys_tally
 WHERE lane = ANY(%(lanes)s::smallint[]) AND version_id = %(version)s AND node = %(node)s
   AND day BETWEEN %(first)s AND %(last)s
 GROUP BY 1, 2
 ORDER BY 1;

-- name: inside
-- Where people are now, the sleepers by where they go, and whether they wait before the node: asleep, with a message that is held, or
-- unreachable without a way for that (domain 10.1). Params: lanes, version. Index: journeys_enrollment_inside.
SELECT node, phase <> 'waiting' OR outcome IS NOT DISTINCT FROM 'unreachable', count(*)
  FROM journeys_enrollment
 WHERE lane = ANY(%(lanes)s::smallint[]) AND version_id = %(version)s AND phase <> 'exited'
 GROUP BY 1, 2;
