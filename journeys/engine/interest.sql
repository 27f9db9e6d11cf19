-- name: moving
-- The versions whose people move: everything published that was not stopped, archived ones too, and what is scheduled from its start on, so that nobody
-- who qualifies before the sweep has come round to it is lost. And those that are over but whose messages still count what people do (`moves` is
-- false). With the shares of a version's automated IntelliNODEs, as a JSON object by node; the custom control group that it
-- uses, as [id, per cent]; and the profiles that are never held out; the earliest
-- run that is still to be made. Small: one row a journey. Params: now.
SELECT v.id, v.status, v.xmin::text, m.moves,
       (SELECT jsonb_object_agg(s.node, s.percents)::text FROM journeys_shares AS s WHERE s.version_id = v.id),
       (SELECT ARRAY[g.id::int, g.percent] FROM journeys_controlgroup AS g WHERE g.name = v.document #>> '{control,custom}'),
       (SELECT array_agg(e.profile_id) FROM journeys_exempt AS e),
       v.journey_id,
       least(CASE WHEN v.status IN ('live', 'paused') AND v.next_run_at <= %(now)s THEN v.next_run_at END,
             (SELECT min(r.at) FROM journeys_run AS r WHERE r.version_id = v.id AND r.finished_at IS NULL))
  FROM journeys_version AS v
 CROSS JOIN LATERAL (
       SELECT v.status IN ('live', 'paused', 'completed', 'versioned') OR v.archived_from IN ('paused', 'completed', 'versioned')
           OR (v.status = 'scheduled' AND v.start_at <= %(now)s) AS moves
       ) AS m
 WHERE m.moves OR v.ended_at + v.counts_for > %(now)s
 ORDER BY v.id;
