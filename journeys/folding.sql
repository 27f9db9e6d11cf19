-- name: fold
-- Move lanes' counters to the folded lane and add them to the totals; of today, reasons and links stay, of which a lane counts only so many.
-- Repeat freely: what was counted since is added once more. The caller holds the lanes' locks, as everyone does who counts, and folds
-- alone. Params: lanes, folded (the lane to add to), today (date). Index: the primary key.
WITH moved AS (
    DELETE FROM journeys_tally
     WHERE lane = ANY(%(lanes)s::smallint[])
       AND (day < %(today)s::date OR NOT (metric LIKE 'reason:%%' OR metric LIKE 'link:%%'))
    RETURNING version_id, node, metric, day, value
), folded AS (
    INSERT INTO journeys_tally AS t (lane, version_id, node, metric, day, value)
    SELECT %(folded)s, version_id, node, metric, day, sum(value) FROM moved GROUP BY version_id, node, metric, day
    ON CONFLICT (lane, version_id, node, metric, day) DO UPDATE SET value = t.value + excluded.value
), totalled AS (
    INSERT INTO journeys_total AS t (version_id, node, metric, value)
    SELECT version_id, node, CASE WHEN metric LIKE 'again:%%' OR metric LIKE 'met_again:%%' THEN split_part(metric, ':', 1) ELSE metric END, sum(value)
      FROM moved
     WHERE metric NOT LIKE 'reason:%%' AND metric NOT LIKE 'link:%%'
     GROUP BY 1, 2, 3
    ON CONFLICT (version_id, node, metric) DO UPDATE SET value = t.value + excluded.value
)
SELECT count(*) FROM moved;
