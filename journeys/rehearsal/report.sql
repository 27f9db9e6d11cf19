-- name: records
-- Everything that happened to everyone, each person's in order. Params: lanes. A rehearsal's schema only: it reads the whole ledger.
SELECT p.identity, s.at, s.what, s.journey_id, s.version_id, s.node, s.via, s.outcome, s.reason
  FROM journeys_step AS s
  JOIN profiles_profile AS p ON p.lane = s.lane AND p.id = s.profile_id
 WHERE s.lane = ANY(%(lanes)s::smallint[]) AND p.lane = ANY(%(lanes)s::smallint[]) AND p.identity IS NOT NULL
 ORDER BY p.id, s.at, s.id;
