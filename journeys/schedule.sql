-- name: due
-- What the schedule has to do at an instant, as (what, id of the version, or of the run). Reads small tables, and for
-- two of them one index entry a version. Indexes: version_starts, version_runs, run_unfinished,
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
   AND NOT EXISTS (SELECT FROM journeys_watch AS w
                    WHERE w.lane = ANY(%(lanes)s::smallint[]) AND w.due_at < v.completes_at AND w.version_id = v.id AND w.role = 'qualifying')
UNION ALL
SELECT 'retire', id FROM journeys_version AS v WHERE status IN ('completed', 'versioned')
   AND NOT EXISTS (SELECT FROM journeys_enrollment
                    WHERE version_id = v.id AND phase <> 'exited' AND lane = ANY(%(lanes)s::smallint[]))
   AND (v.document -> 'goals' IS NULL OR v.document -> 'goals' = '[]'
        OR NOT EXISTS (SELECT FROM journeys_watch
                        WHERE version_id = v.id AND role = 'held_out' AND due_at IS NOT NULL AND lane = ANY(%(lanes)s::smallint[])))
UNION ALL
SELECT 'empty', id FROM journeys_version AS v WHERE (status = 'stopped' OR archived_from = 'stopped')
   AND EXISTS (SELECT FROM journeys_enrollment
                WHERE version_id = v.id AND phase <> 'exited' AND lane = ANY(%(lanes)s::smallint[]))
UNION ALL
SELECT 'weigh', s.id FROM journeys_shares AS s JOIN journeys_version AS v ON v.id = s.version_id
 WHERE s.winner IS NULL AND s.weighed_at <= %(now)s - %(every)s::interval AND v.status IN ('live', 'paused', 'completed', 'versioned')
UNION ALL
SELECT 'winner', campaign_id FROM channels_experiment WHERE winner = '' AND decides_at <= %(now)s
ORDER BY 2;

-- name: next
-- The earliest instant after `now` at which `due` will have a start, a run or a completion, as things are; and
-- whether a completed or versioned version has nobody inside, and nobody who is held out and watched for goals, now; and the next instant at which shares may change. Params: now, lanes, every
-- (between two weighings).
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
                                     AND lane = ANY(%(lanes)s::smallint[]))
                  AND (v.document -> 'goals' IS NULL OR v.document -> 'goals' = '[]'
                       OR NOT EXISTS (SELECT FROM journeys_watch
                                       WHERE version_id = v.id AND role = 'held_out' AND due_at IS NOT NULL
                                         AND lane = ANY(%(lanes)s::smallint[])))),
       -- The next of the instants at which shares are weighed, of those with news: the tallies are more than was seen.
       (SELECT min(s.weighed_at + ceil(extract(epoch FROM %(now)s - s.weighed_at + interval '1 microsecond') / extract(epoch FROM %(every)s::interval))
                                  * %(every)s::interval)
          FROM journeys_shares AS s JOIN journeys_version AS v ON v.id = s.version_id
         WHERE s.winner IS NULL AND v.status IN ('live', 'paused', 'completed', 'versioned')
           AND (SELECT sum(t.value) FROM journeys_tally AS t
                 WHERE t.lane = ANY(%(lanes)s::smallint[] || 64::smallint) AND t.version_id = s.version_id AND t.node = s.node
                   AND (t.metric LIKE 'left:path\_%%' OR t.metric LIKE 'path\_%%:converted'))
               <> (SELECT coalesce(sum(n::bigint), 0) FROM jsonb_path_query(s.seen, '$[*][*]') AS n)),
       (SELECT min(decides_at) FROM channels_experiment WHERE winner = '' AND decides_at > %(now)s);

-- name: inside
-- Whether anybody is inside a version, or held out of it and watched for its goals. Params: version, lanes. Indexes: journeys_enrollment_inside,
-- journeys_watch_due.
SELECT EXISTS (SELECT FROM journeys_enrollment
                WHERE version_id = %(version)s AND phase <> 'exited' AND lane = ANY(%(lanes)s::smallint[]))
    OR EXISTS (SELECT FROM journeys_watch AS w JOIN journeys_version AS v ON v.id = w.version_id
                WHERE w.version_id = %(version)s AND w.role = 'held_out' AND w.due_at IS NOT NULL AND w.lane = ANY(%(lanes)s::smallint[])
                  AND v.document -> 'goals' <> '[]');
