-- name: total
-- All counters of some versions, at some nodes or all (null), since they were published; not why messages failed and what was clicked.
-- Params: versions, nodes. Indexes: the totals' primary key; journeys_tally_fresh.
SELECT version_id, node, metric, sum(value)::bigint
  FROM (
        SELECT version_id, node, metric, value FROM journeys_total
         WHERE version_id = ANY(%(versions)s::int[]) AND (%(nodes)s::smallint[] IS NULL OR node = ANY(%(nodes)s::smallint[]))
        UNION ALL
        SELECT version_id, node, metric, value FROM journeys_tally
         WHERE version_id = ANY(%(versions)s::int[]) AND (%(nodes)s::smallint[] IS NULL OR node = ANY(%(nodes)s::smallint[]))
           AND lane < 64 AND metric NOT LIKE 'reason:%%' AND metric NOT LIKE 'link:%%'
       ) AS counted
 GROUP BY version_id, node, metric;

-- name: counted
-- The same within some days. Params: lanes, versions, nodes, first, last (dates, both included). Index: the primary key, lane by lane.
SELECT version_id, node, metric, sum(value)::bigint
  FROM journeys_tally
 WHERE lane = ANY(%(lanes)s::smallint[]) AND version_id = ANY(%(versions)s::int[])
   AND (%(nodes)s::smallint[] IS NULL OR node = ANY(%(nodes)s::smallint[])) AND day BETWEEN %(first)s AND %(last)s
   AND metric NOT LIKE 'reason:%%' AND metric NOT LIKE 'link:%%'
 GROUP BY version_id, node, metric;

-- name: of_node
-- What one node counted on each day. Params: lanes, version, node, first, last. Index: the primary key, lane by lane.
SELECT day, metric, sum(value)::bigint
  FROM journeys_tally
 WHERE lane = ANY(%(lanes)s::smallint[]) AND version_id = %(version)s AND node = %(node)s
   AND day BETWEEN %(first)s AND %(last)s
 GROUP BY 1, 2
 ORDER BY 1;
