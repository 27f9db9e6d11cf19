-- One row a stay of one person in one version.
CREATE SEQUENCE journeys_enrollment_id_seq;
CREATE TABLE journeys_enrollment (
    lane        smallint    NOT NULL,
    id          bigint      NOT NULL DEFAULT nextval('journeys_enrollment_id_seq'),
    profile_id  bigint      NOT NULL,
    journey_id  integer     NOT NULL,
    version_id  integer     NOT NULL,
    phase       text        NOT NULL CHECK (phase IN ('asleep', 'sending', 'waiting', 'exited')),
    node        smallint    NOT NULL,              -- where the person is; asleep: where the link leads
    visit       integer     NOT NULL,              -- arrivals so far in this stay
    entered_at  timestamptz NOT NULL,
    arrived_at  timestamptz NOT NULL,              -- at the node; asleep: when the sleep began
    heard_at    timestamptz NOT NULL,              -- events count only if later than (heard_at, heard_id):
    heard_id    bigint      NOT NULL,              --   the event that brought the person here, or the instant of arrival and 0
    entry_at    timestamptz NOT NULL,              -- likewise for goals: the entering event, or the instant of entry and 0
    entry_id    bigint      NOT NULL,
    outcome     text,                              -- engagement nodes: the last outcome taken note of (sent, viewed …)
    closes_at   timestamptz,                       -- end of the qualifying window; null without a connected node timeout
    deadline    timestamptz,                       -- journey timeout; null without one
    due_at      timestamptz,                       -- the earliest clock that moves the person; null if none does
    event       jsonb,                             -- event context: {"name", "at", "properties"}; null without one
    exit_reason text,
    exited_at   timestamptz,
    PRIMARY KEY (lane, id),
    CONSTRAINT journeys_enrollment_exit CHECK ((phase = 'exited') = (exit_reason IS NOT NULL AND exited_at IS NOT NULL))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
ALTER SEQUENCE journeys_enrollment_id_seq OWNED BY journeys_enrollment.id;
-- One place a journey; also how an event finds the stays of its person.
CREATE UNIQUE INDEX journeys_enrollment_active ON journeys_enrollment (lane, profile_id, journey_id) WHERE phase <> 'exited';
CREATE INDEX journeys_enrollment_due ON journeys_enrollment (lane, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX journeys_enrollment_person ON journeys_enrollment (lane, profile_id, version_id); -- entered before?
CREATE INDEX journeys_enrollment_inside ON journeys_enrollment (version_id, lane) WHERE phase <> 'exited'; -- stop; who is inside

-- The ledger: every move, in order of id within a person. Reports never count it; "why" and rehearsals read it.
CREATE SEQUENCE journeys_step_id_seq;
CREATE TABLE journeys_step (
    lane          smallint    NOT NULL,
    id            bigint      NOT NULL DEFAULT nextval('journeys_step_id_seq'),
    profile_id    bigint      NOT NULL,
    enrollment_id bigint,                          -- null: refused or held out
    journey_id    integer     NOT NULL,
    version_id    integer     NOT NULL,
    at            timestamptz NOT NULL,
    what          text        NOT NULL
                  CHECK (what IN ('qualified', 'entered', 'held_out', 'refused', 'arrived', 'message', 'left', 'exited')),
    node          smallint,
    via           text,
    outcome       text,
    reason        text,
    detail        jsonb                            -- the event or values that decided; null where none did
) PARTITION BY RANGE (at);
ALTER SEQUENCE journeys_step_id_seq OWNED BY journeys_step.id;
CREATE INDEX journeys_step_person ON journeys_step (lane, profile_id, at);
CREATE TABLE journeys_step_default PARTITION OF journeys_step DEFAULT;

-- Counters, upserted once a batch. node 0 is the journey itself; day is the account's date.
CREATE TABLE journeys_tally (
    lane        smallint NOT NULL,
    version_id  integer  NOT NULL,
    node        smallint NOT NULL,
    metric      text     NOT NULL,                 -- arrived | left:VIA | exited:REASON | sent | failed | unreachable | entered …
    day         date     NOT NULL,
    value       bigint   NOT NULL,
    PRIMARY KEY (lane, version_id, node, metric, day)
) WITH (fillfactor = 50);
