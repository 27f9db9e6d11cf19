-- The rows of one file of profiles; {rows} is its table.

-- name: create
CREATE UNLOGGED TABLE {rows} (
    line    bigint NOT NULL,
    kind    text   NOT NULL,  -- as identities.Key
    value   text   NOT NULL,
    changes text   NOT NULL   -- JSON: [[property, operation, value], …]
);

-- name: drop
DROP TABLE IF EXISTS {rows};

-- name: index
CREATE UNIQUE INDEX ON {rows} (line);

-- name: count
SELECT count(*) FROM {rows};

-- name: after
-- Params: line, most (rows). Index: the table's one.
SELECT line, kind, value, changes FROM {rows} WHERE line > %(line)s::bigint ORDER BY line LIMIT %(most)s::bigint;
