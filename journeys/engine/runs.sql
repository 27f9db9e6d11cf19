-- name: candidates
-- Of the people whom a query finds, those who may enter: not inside the journey, and never in this version unless re-entry is on.
-- Params: lanes, journey, version, re_entry (boolean), and the query's own. Indexes: journeys_enrollment_active, journeys_enrollment_person.
SELECT m.lane, m.id
  FROM ({query}) AS m
 WHERE NOT EXISTS (SELECT FROM journeys_enrollment AS e
                    WHERE e.lane = m.lane AND e.lane = ANY(%(lanes)s::smallint[]) AND e.profile_id = m.id
                      AND e.journey_id = %(journey)s AND e.phase <> 'exited')
   AND (%(re_entry)s OR NOT EXISTS (SELECT FROM journeys_enrollment AS e
                                     WHERE e.lane = m.lane AND e.lane = ANY(%(lanes)s::smallint[]) AND e.profile_id = m.id
                                       AND e.version_id = %(version)s))
 ORDER BY m.id;

-- name: few
-- Whether there are at most `most` profiles.
SELECT count(*) <= %(most)s::bigint FROM (SELECT FROM profiles_profile WHERE lane = ANY(%(lanes)s::smallint[]) LIMIT %(most)s::bigint + 1) AS first;
