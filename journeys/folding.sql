-- name: fold
-- Add a lane's counters of days gone by to those of lane 0, and forget them. Repeat freely: what is left of such days is added once more.
-- The caller holds both lanes' locks, as everyone does who counts. Params: lane, before (date). Index: the primary key, one lane of it.
WITH old AS (
    DELETE FROM journeys_tally
     WHERE lane = %(lane)s::smallint AND day < %(before)s::date
    RETURNING version_id, node, metric, day, value
)
INSERT INTO journeys_tally AS t (lane, version_id, node, metric, day, value)
SELECT 0, version_id, node, metric, day, value FROM old ORDER BY version_id, node, metric, day
ON CONFLICT (lane, version_id, node, metric, day) DO UPDATE SET value = t.value + excluded.value;
