-- name: records
-- Everything that happened to everyone, each person's in order; who is anonymous or deleted has no identity. Params: lanes. A rehearsal's schema only: it reads the whole ledger.
SELECT s.profile_id, p.identity, s.at, s.what, s.journey_id, s.version_id, s.node, s.via, s.outcome, s.reason
  FROM journeys_step AS s
  LEFT JOIN profiles_profile AS p ON p.lane = s.lane AND p.id = s.profile_id AND p.lane = ANY(%(lanes)s::smallint[])
 WHERE s.lane = ANY(%(lanes)s::smallint[])
 ORDER BY s.profile_id, s.at, s.id;
