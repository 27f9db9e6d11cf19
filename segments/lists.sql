-- name: stage
-- Where the rows of one file wait to be judged; gone with the transaction at the latest.
CREATE TEMP TABLE segments_row (
    line integer, type text, identity text,
    profile_id bigint,  -- null: leads to nobody
    reason text         -- why it cannot be read, if it cannot
) ON COMMIT DROP;

-- name: unstage
DROP TABLE pg_temp.segments_row;

-- name: add
-- Put the staged people on a list. Repeat freely. Params: list_id.
INSERT INTO segments_member (lane, list_id, profile_id)
SELECT DISTINCT (profile_id %% 64)::smallint, %(list_id)s::integer, profile_id FROM pg_temp.segments_row WHERE profile_id IS NOT NULL
ON CONFLICT DO NOTHING;

-- name: keep
-- Take those off a list who are not staged. Repeat freely. Params: list_id, lanes (smallint[]). Index: the primary key.
DELETE FROM segments_member AS member
 WHERE lane = ANY(%(lanes)s::smallint[]) AND list_id = %(list_id)s::integer
   AND NOT EXISTS (SELECT FROM pg_temp.segments_row AS staged WHERE staged.profile_id = member.profile_id);

-- name: remove
-- Take the staged people off a list. Repeat freely. Params: list_id, lanes (smallint[]). Index: the primary key.
DELETE FROM segments_member AS member
 WHERE lane = ANY(%(lanes)s::smallint[]) AND list_id = %(list_id)s::integer
   AND profile_id IN (SELECT profile_id FROM pg_temp.segments_row);

-- name: forget
-- Take everybody off a list. Params: list_id, lanes (smallint[]). Index: the primary key.
DELETE FROM segments_member WHERE lane = ANY(%(lanes)s::smallint[]) AND list_id = %(list_id)s::integer;

-- name: count
-- How many people are on a list. Params: list_id, lanes (smallint[]). Index: the primary key.
SELECT count(*) FROM segments_member WHERE lane = ANY(%(lanes)s::smallint[]) AND list_id = %(list_id)s::integer;

-- name: unknown
-- The staged rows that lead to nobody, each once, as CSV with a header.
COPY (
    SELECT min(line) AS "Line", type AS "Type", identity AS "Identity", coalesce(reason, 'No profile has this identity.') AS "Reason"
      FROM pg_temp.segments_row
     WHERE profile_id IS NULL
     GROUP BY type, identity, reason
     ORDER BY min(line)
) TO STDOUT (FORMAT csv, HEADER);
