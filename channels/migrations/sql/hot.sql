-- The outbox: every message from intent to outcome, by month of the instant it was queued for.
CREATE SEQUENCE channels_message_id_seq;
CREATE TABLE channels_message (
    lane          smallint    NOT NULL,
    id            bigint      NOT NULL DEFAULT nextval('channels_message_id_seq'),
    queued_at     timestamptz NOT NULL,            -- the arrival that queued it: the same however often that is tried
    profile_id    bigint      NOT NULL,
    campaign_id   integer     NOT NULL,            -- channels_campaign: what to send, through what
    enrollment_id bigint      NOT NULL,
    journey_id    integer     NOT NULL,
    version_id    integer     NOT NULL,
    node          smallint    NOT NULL,
    visit         integer     NOT NULL,
    channel       text        NOT NULL,
    status        text        NOT NULL DEFAULT 'queued'
                  CHECK (status IN ('queued', 'sending', 'sent', 'failed', 'unreachable', 'cancelled')),
    reason        text,                            -- why failed, unreachable or cancelled; null otherwise
    due_at        timestamptz,                     -- queued: not before; sending: the lease's end; null once finished
    lease         uuid,                            -- who is sending it; null unless sending
    attempts      smallint    NOT NULL DEFAULT 0,
    event         jsonb,                           -- the event context of Liquid: {"name", "at", "properties"}; null without one
    finished_at   timestamptz,
    address       text,                            -- where it went; null until sent
    PRIMARY KEY (lane, id, queued_at),
    UNIQUE (lane, enrollment_id, node, visit, queued_at) -- one message a visit
) PARTITION BY RANGE (queued_at);
ALTER SEQUENCE channels_message_id_seq OWNED BY channels_message.id;
CREATE INDEX channels_message_due ON channels_message (lane, due_at) WHERE status IN ('queued', 'sending');
CREATE INDEX channels_message_person ON channels_message (lane, profile_id, queued_at);
CREATE TABLE channels_message_default PARTITION OF channels_message DEFAULT;

-- What the sandbox provider recorded instead of sending.
CREATE TABLE channels_sandboxed (
    lane        smallint    NOT NULL,
    message_id  bigint      NOT NULL,
    at          timestamptz NOT NULL,
    address     text,
    content     jsonb       NOT NULL,              -- rendered: {"subject", "html", "text", …}
    PRIMARY KEY (lane, message_id)
);
