-- The hot tables of profiles: who the people are, what they did, what has not been routed yet.
-- Every table stores its lane (profile id modulo 64) and starts its keys with it; ids come from plain sequences; nothing refers to
-- another hot table by foreign key, so that the tables can be distributed by lane one day (docs/decisions/0005-hot-tables.md).

CREATE SEQUENCE profiles_profile_id_seq;
CREATE TABLE profiles_profile (
    lane        smallint    NOT NULL,
    id          bigint      NOT NULL DEFAULT nextval('profiles_profile_id_seq'),
    identity    text,                              -- the project's own key; null while anonymous
    object_id   text,                              -- the system's or a device's own key
    name        text,
    email       text,
    phone       text,
    timezone    text,                              -- IANA name; null: the account's
    properties  jsonb       NOT NULL DEFAULT '{}', -- everything else, system flags such as MSG-email included
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    PRIMARY KEY (lane, id),
    CONSTRAINT profiles_profile_lane CHECK (lane = id % 64)
) WITH (fillfactor = 85);
ALTER SEQUENCE profiles_profile_id_seq OWNED BY profiles_profile.id;

-- The one table found by value: an identity, e-mail, phone or object ID leads to one profile.
CREATE TABLE profiles_identity (
    value       text     NOT NULL,
    kind        text     NOT NULL CHECK (kind IN ('identity', 'email', 'phone', 'object', 'facebook', 'google')),
    lane        smallint NOT NULL,
    profile_id  bigint   NOT NULL,
    PRIMARY KEY (value, kind)
);
CREATE INDEX profiles_identity_profile ON profiles_identity (lane, profile_id);

-- Accepted events that the engine has not routed. Emptied by DELETE … RETURNING, oldest first within a lane.
CREATE SEQUENCE profiles_event_id_seq CACHE 1;
CREATE TABLE profiles_inbox (
    lane        smallint    NOT NULL,
    id          bigint      NOT NULL DEFAULT nextval('profiles_event_id_seq'),
    profile_id  bigint      NOT NULL,
    type_id     integer     NOT NULL,              -- profiles_eventtype
    at          timestamptz NOT NULL,              -- when it happened
    received_at timestamptz NOT NULL,              -- when it was accepted; the engine moves people at this instant
    source      text        NOT NULL,              -- api | device | import | system
    properties  jsonb       NOT NULL,
    PRIMARY KEY (lane, id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- History, by month of `at`. The default partition catches what no month holds yet, so a gap never loses an event.
CREATE TABLE profiles_event (
    lane        smallint    NOT NULL,
    id          bigint      NOT NULL,              -- the inbox row's id: receipt order
    profile_id  bigint      NOT NULL,
    type_id     integer     NOT NULL,
    at          timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    source      text        NOT NULL,
    properties  jsonb       NOT NULL
) PARTITION BY RANGE (at);
CREATE INDEX profiles_event_person ON profiles_event (lane, profile_id, at);   -- one person's history; live filters
CREATE INDEX profiles_event_type ON profiles_event (type_id, at, lane, profile_id); -- past behaviour: who did it since
CREATE TABLE profiles_event_default PARTITION OF profiles_event DEFAULT;

-- Delivery keys (`eventId`) of the last 24 hours.
CREATE TABLE profiles_eventkey (
    lane        smallint    NOT NULL,
    key         text        NOT NULL,              -- profile id/eventId
    seen_at     timestamptz NOT NULL,
    PRIMARY KEY (lane, key)
);
CREATE INDEX profiles_eventkey_seen ON profiles_eventkey (seen_at);

CREATE SEQUENCE profiles_device_id_seq;
CREATE TABLE profiles_device (
    lane        smallint    NOT NULL,
    id          bigint      NOT NULL DEFAULT nextval('profiles_device_id_seq'),
    profile_id  bigint      NOT NULL,
    channel     text        NOT NULL,              -- push | web_push
    platform    text        NOT NULL,              -- whose push service: fcm, apns, chrome …
    token       text        NOT NULL,
    keys        jsonb,                             -- web push: {"p256dh", "auth"}; null for push
    seen_at     timestamptz NOT NULL,
    PRIMARY KEY (lane, id),
    UNIQUE (lane, profile_id, channel, token)
);
ALTER SEQUENCE profiles_device_id_seq OWNED BY profiles_device.id;
CREATE INDEX profiles_device_token ON profiles_device (token); -- a token belongs to the profile that sent it last

-- Addresses that are switched off for every profile that has them (hard bounce, spam, unsubscribe).
CREATE TABLE profiles_suppression (
    kind        text        NOT NULL CHECK (kind IN ('email', 'phone')),
    value       text        NOT NULL,              -- normalised as in profiles_identity
    reason      text        NOT NULL,              -- unsubscribed | hard_bounce | spam
    at          timestamptz NOT NULL,
    PRIMARY KEY (value, kind)
);
