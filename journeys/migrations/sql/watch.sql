-- What a node kind keeps for itself during a visit.
ALTER TABLE journeys_enrollment ADD COLUMN decides_at timestamptz; -- its own clock: an inaction's end, a date; null without one

-- People who are watched without being inside: an entry that an event has begun and the clock will decide (qualifying), and members of a
-- control group (held_out), whose goals count until due_at. Null due_at: over, kept as the memory that they were held out.
CREATE TABLE journeys_watch (
    lane        smallint    NOT NULL,
    profile_id  bigint      NOT NULL,
    version_id  integer     NOT NULL,
    role        text        NOT NULL CHECK (role IN ('qualifying', 'held_out')),
    journey_id  integer     NOT NULL,
    since_at    timestamptz NOT NULL,              -- the event that began it, as (time, id); later ones count
    since_id    bigint      NOT NULL,
    due_at      timestamptz,
    event       jsonb,                             -- event context of who will enter; null without one
    PRIMARY KEY (lane, profile_id, version_id, role)
);
CREATE INDEX journeys_watch_due ON journeys_watch (lane, due_at) WHERE due_at IS NOT NULL;
