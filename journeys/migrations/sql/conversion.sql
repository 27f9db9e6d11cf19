-- What was counted for a node: the once-only memory of conversions, and what reports can be drawn from beside the tallies (domain 5.7, 6, 7).
CREATE TABLE journeys_conversion (
    lane       smallint    NOT NULL,
    profile_id bigint      NOT NULL,
    version_id integer     NOT NULL,
    node       smallint    NOT NULL,
    goal       smallint    NOT NULL,              -- the node's own, from 1; a goal of the journey is its number below zero
    since      timestamptz NOT NULL,              -- a path: when it was taken, and counts anew; a message: 1970, so once for ever
    at         timestamptz NOT NULL,              -- when the person did it
    via        text,                              -- the path; the message's variant, null without one
    opened     boolean     NOT NULL,              -- the message was viewed or clicked before; else it was an influenced conversion
    first      boolean     NOT NULL,              -- the first of the node's goals that was met since
    cents      bigint,                            -- what it brought in hundredths; null where nothing is asked
    PRIMARY KEY (lane, profile_id, version_id, node, goal, since)
);
