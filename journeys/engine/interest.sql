-- name: moving
-- The versions whose people move: everything published that was not stopped. Small: one row a journey.
SELECT id, status, xmin::text FROM journeys_version
 WHERE status IN ('live', 'paused', 'completed')
 ORDER BY id;
