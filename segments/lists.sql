-- name: create
-- Where the rows of one file wait to be judged. Names: kind (UNLOGGED or TEMP), rows.
CREATE {kind} TABLE {rows} (
    line bigint, type text, identity text,  -- as given
    kind text, value text,                  -- what it is looked up by; null: it cannot be read
    other_kind text, other_value text,      -- and by what if that finds nobody; null: nothing else
    reason text                             -- why it cannot be read
);

-- name: fill
COPY {rows} (line, type, identity, kind, value, other_kind, other_value, reason) FROM STDIN;

-- name: drop
DROP TABLE IF EXISTS {rows}, {found}, {people};

-- name: analyse
ANALYZE {rows};

-- name: find
-- Whom each staged row leads to; null: to nobody. Joined as sets, since a large file asks for a good part of all identities.
-- The kinds that rows ask for are said besides, so that the others' identities are not hashed or probed: with people known by three
-- kinds and a file that asks for one, then for two, a million rows take 4.6 s of the processor instead of 6.9.
-- Names: kind, rows, found; kinds, other_kinds (text[]).
CREATE {kind} TABLE {found} AS
SELECT given.line, coalesce(known.profile_id, other.profile_id) AS profile_id
  FROM {rows} AS given
  LEFT JOIN profiles_identity AS known
    ON known.value = given.value AND known.kind = given.kind AND known.kind = ANY({kinds}::text[])
  LEFT JOIN profiles_identity AS other
    ON other.value = given.other_value AND other.kind = given.other_kind AND other.kind = ANY({other_kinds}::text[])
   AND known.profile_id IS NULL;

-- name: people
-- The people found, each once. Names: kind, found, people.
CREATE {kind} TABLE {people} AS SELECT DISTINCT profile_id FROM {found} WHERE profile_id IS NOT NULL;

-- name: analyse_people
ANALYZE {people};

-- name: first_bad
SELECT line, reason FROM {rows} WHERE reason IS NOT NULL ORDER BY line LIMIT 1;

-- name: add
-- Put the people found on a list who are not on it, in the order of the table, so that its index grows at one end of each lane.
-- Repeat freely. No ON CONFLICT, which takes twice as long (8 for 4 s of a million): the list's row is locked, and whoever merges
-- people (departures) at this very instant makes it fail; the file is then read again.
-- Params: list_id, lanes (smallint[]). Names: people. Index: the primary key.
INSERT INTO segments_member (lane, list_id, profile_id)
SELECT (profile_id %% 64)::smallint AS lane, %(list_id)s::integer AS list_id, profile_id
  FROM {people} AS found
 WHERE NOT EXISTS (SELECT FROM segments_member AS member
                    WHERE member.lane = ANY(%(lanes)s::smallint[]) AND member.list_id = %(list_id)s::integer
                      AND member.profile_id = found.profile_id)
 ORDER BY lane, list_id, profile_id;

-- name: keep
-- Take those off a list who are not among the people found. Repeat freely. Params: list_id, lanes (smallint[]). Names: people.
-- Index: the primary key.
DELETE FROM segments_member AS member
 WHERE lane = ANY(%(lanes)s::smallint[]) AND list_id = %(list_id)s::integer
   AND NOT EXISTS (SELECT FROM {people} AS found WHERE found.profile_id = member.profile_id);

-- name: remove
-- Take the people found off a list. Repeat freely. Params: list_id, lanes (smallint[]). Names: people. Index: the primary key.
DELETE FROM segments_member AS member
 WHERE lane = ANY(%(lanes)s::smallint[]) AND list_id = %(list_id)s::integer
   AND profile_id IN (SELECT profile_id FROM {people});

-- name: unknown
-- The staged rows that lead to nobody or cannot be read, each once, as CSV with a header. Names: rows, found.
COPY (
    SELECT min(given.line) AS "Line", given.type AS "Type", given.identity AS "Identity",
           coalesce(given.reason, 'No profile has this identity.') AS "Reason"
      FROM {rows} AS given JOIN {found} AS found ON found.line = given.line
     WHERE found.profile_id IS NULL
     GROUP BY given.type, given.identity, given.reason
     ORDER BY min(given.line)
) TO STDOUT (FORMAT csv, HEADER);

-- name: forget
-- Take everybody off a list. Params: list_id, lanes (smallint[]). Index: the primary key.
DELETE FROM segments_member WHERE lane = ANY(%(lanes)s::smallint[]) AND list_id = %(list_id)s::integer;

-- name: members
-- How many people are on a list. Params: list_id, lanes (smallint[]). Index: the primary key.
SELECT count(*) FROM segments_member WHERE lane = ANY(%(lanes)s::smallint[]) AND list_id = %(list_id)s::integer;
