-- name: slots
-- In which two hours of their own day people did most, of equals the first; who did nothing is missing. Index: profiles_event_person.
-- Params: lanes, people (bigint[]) with their zones (text[]) side by side; since, until (not included); ours: event types of Sojourn's own.
SELECT DISTINCT ON (c.profile_id) c.profile_id, c.slot
  FROM (SELECT p.id AS profile_id, extract(hour FROM e.at AT TIME ZONE p.zone)::int / 2 AS slot, count(*) AS times
          FROM unnest(%(people)s::bigint[], %(zones)s::text[]) AS p (id, zone)
         CROSS JOIN LATERAL (
               SELECT at FROM profiles_event AS d
                WHERE d.lane = p.id %% 64 AND d.lane = ANY(%(lanes)s::smallint[]) AND d.profile_id = p.id
                  AND d.at >= %(since)s::timestamptz AND d.at < %(until)s::timestamptz AND d.type_id <> ALL(%(ours)s::int[])
               OFFSET 0
               ) AS e
         GROUP BY 1, 2) AS c
 ORDER BY c.profile_id, c.times DESC, c.slot;
