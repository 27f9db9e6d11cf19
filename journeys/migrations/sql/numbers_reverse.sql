ALTER TABLE journeys_enrollment DROP COLUMN met_on;
DROP TABLE journeys_total;
WITH folded AS (DELETE FROM journeys_tally WHERE lane = 64 RETURNING version_id, node, metric, day, value)
INSERT INTO journeys_tally AS t (lane, version_id, node, metric, day, value)
SELECT 0, version_id, node, metric, day, value FROM folded
ON CONFLICT (lane, version_id, node, metric, day) DO UPDATE SET value = t.value + excluded.value;
