-- name: inside
-- People inside a version, at one node or at any (node null), by the number of their stay.
-- Params: lanes, version, node, after (enrollment), most (rows). Index: journeys_enrollment_inside.
WITH here AS (
    SELECT stay.*
      FROM unnest(%(lanes)s::smallint[]) AS every (lane)
     CROSS JOIN LATERAL (
           SELECT lane, id, profile_id, node, phase, entered_at, arrived_at, due_at
             FROM journeys_enrollment
            WHERE lane = every.lane AND version_id = %(version)s AND phase <> 'exited'
              AND (%(node)s::smallint IS NULL OR node = %(node)s::smallint) AND id > %(after)s::bigint
            ORDER BY id
            LIMIT %(most)s::bigint
           ) AS stay
     ORDER BY id
     LIMIT %(most)s::bigint
)
SELECT here.id, here.profile_id, person.identity, person.name, person.email, here.node, here.phase, here.entered_at,
       here.arrived_at, CASE WHEN here.due_at < 'infinity' THEN here.due_at END
  FROM here
  JOIN profiles_profile AS person ON person.lane = here.lane AND person.id = here.profile_id
 ORDER BY here.id;
