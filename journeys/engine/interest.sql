-- name: moving
-- The versions whose people move: everything published that was not stopped, archived ones too, and what is scheduled from its start on, so that nobody
-- who qualifies before the sweep has come round to it is lost. Small: one row a journey. Params: now.
SELECT id, status, xmin::text FROM journeys_version
 WHERE status IN ('live', 'paused', 'completed', 'versioned') OR archived_from IN ('paused', 'completed', 'versioned')
    OR (status = 'scheduled' AND start_at <= %(now)s)
 ORDER BY id;
