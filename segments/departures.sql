-- name: erase
-- Take people off every list, and off the lists' counts. Repeat freely. Params: lanes, ids. Indexes: the primary keys.
WITH gone AS (
    DELETE FROM segments_member AS member
     USING segments_list AS list
     WHERE member.lane = ANY(%(lanes)s::smallint[]) AND member.list_id = list.id AND member.profile_id = ANY(%(ids)s::bigint[])
    RETURNING member.list_id
)
UPDATE segments_list AS list SET members = members - counted.number
  FROM (SELECT list_id, count(*) AS number FROM gone GROUP BY list_id) AS counted
 WHERE list.id = counted.list_id;

-- name: move
-- Put survivors on the lists of those who become part of them. Params: ids, into, side by side. Indexes: the primary keys.
WITH new AS (
    INSERT INTO segments_member (lane, list_id, profile_id)
    SELECT given.into_id %% 64, member.list_id, given.into_id
      FROM unnest(%(ids)s::bigint[], %(into)s::bigint[]) AS given (id, into_id)
     CROSS JOIN segments_list AS list
      JOIN segments_member AS member ON member.lane = given.id %% 64 AND member.list_id = list.id AND member.profile_id = given.id
    ON CONFLICT DO NOTHING
    RETURNING list_id
)
UPDATE segments_list AS list SET members = members + counted.number
  FROM (SELECT list_id, count(*) AS number FROM new GROUP BY list_id) AS counted
 WHERE list.id = counted.list_id;
