-- name: due
-- What the schedule has to do at an instant, as (what, id of the version, or of the run). Reads small tables, and for
-- the last two one index entry a version. Indexes: version_starts, version_runs, run_unfinished,
-- journeys_enrollment_inside. Params: now, lanes.
SELECT 'start', id FROM journeys_version WHERE status = 'scheduled' AND start_at <= %(now)s
UNION ALL
SELECT 'note_runs', id FROM journeys_version WHERE status IN ('live', 'paused') AND next_run_at <= %(now)s
UNION ALL
SELECT 'run', id FROM journeys_run WHERE finished_at IS NULL
UNION ALL
-- Events that arrived before the entry was over may still qualify; they are routed first.
SELECT 'complete', id FROM journeys_version AS v WHERE status IN ('live', 'paused') AND completes_at <= %(now)s
   AND NOT EXISTS (SELECT FROM journeys_run WHERE version_id = v.id AND finished_at IS NULL)
   AND NOT EXISTS (SELECT FROM profiles_inbox WHERE lane = ANY(%(lanes)s::smallint[]) AND received_at < v.completes_at)
UNION ALL
SELECT 'retire', id FROM journeys_version AS v WHERE status IN ('completed', 'versioned')
   AND NOT EXISTS (SELECT FROM journeys_enrollment
                    WHERE version_id = v.id AND phase <> 'exited' AND lane = ANY(%(lanes)s::smallint[]))
UNION ALL
SELECT 'empty', id FROM journeys_version AS v WHERE (status = 'stopped' OR archived_from = 'stopped')
   AND EXISTS (SELECT FROM journeys_enrollment
                WHERE version_id = v.id AND phase <> 'exited' AND lane = ANY(%(lanes)s::smallint[]))
ORDER BY 2;

-- name: next
-- The earliest instant after `now` at which `due` will have a start, a run or a completion, as things are; and
-- whether a completed or versioned version is empty now. Params: now, lanes.
SELECT least(
           (SELECT min(start_at) FROM journeys_version WHERE status = 'scheduled' AND start_at > %(now)s),
           (SELECT min(next_run_at) FROM journeys_version
             WHERE status IN ('live', 'paused') AND next_run_at > %(now)s),
           (SELECT min(completes_at) FROM journeys_version
             WHERE status IN ('live', 'paused') AND completes_at > %(now)s)
       ),
       EXISTS (SELECT FROM journeys_version AS v WHERE status IN ('completed', 'versioned')
                  AND NOT EXISTS (SELECT FROM journeys_enrollment
                                   WHERE version_id = v.id AND phase <> 'exited'
                                     AND lane = ANY(%(lanes)s::smallint[])));

-- name: inside
-- Whether anybody is inside a version. Params: version, lanes. Index: journeys_enrollment_inside.
SELECT EXISTS (SELECT FROM journeys_enrollment
                WHERE version_id = %(version)s AND phase <> 'exited' AND lane = ANY(%(lanes)s::smallint[]));
