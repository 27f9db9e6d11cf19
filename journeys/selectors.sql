-- name: inside
-- Where the people inside a version are. Params: lanes, version. Index: journeys_enrollment_inside.
SELECT node, phase, count(*)
  FROM journeys_enrollment
 WHERE lane = ANY(%(lanes)s::smallint[]) AND version_id = %(version)s AND phase <> 'exited'
 GROUP BY node, phase;

-- name: exits
-- How the stays of a version ended. For checks, not for pages: reads every stay of the version. Params: lanes, version.
SELECT exit_reason, count(*)
  FROM journeys_enrollment
 WHERE lane = ANY(%(lanes)s::smallint[]) AND version_id = %(version)s AND phase = 'exited'
 GROUP BY exit_reason;

-- name: steps
-- What the ledger has of a version. For checks, not for pages: reads the whole ledger. Params: lanes, version.
SELECT coalesce(node, 0), what, coalesce(via, ''), coalesce(reason, ''), count(*)
  FROM journeys_step
 WHERE lane = ANY(%(lanes)s::smallint[]) AND version_id = %(version)s AND what IN ('entered', 'arrived', 'left', 'exited')
 GROUP BY 1, 2, 3, 4;

-- name: person
-- One person's moves, newest first. Params: lane, profile, most (rows). Index: journeys_step_person.
SELECT s.id, s.at, s.what, s.journey_id, j.name, v.number, s.node, n.name, n.kind, s.via, s.outcome, s.reason
  FROM journeys_step AS s
  JOIN journeys_journey AS j ON j.id = s.journey_id
  JOIN journeys_version AS v ON v.id = s.version_id
  LEFT JOIN journeys_node AS n ON n.version_id = s.version_id AND n.number = s.node
 WHERE s.lane = %(lane)s AND s.profile_id = %(profile)s
 ORDER BY s.at DESC, s.id DESC
 LIMIT %(most)s;
