-- What the short links of text messages lead to, until they expire.
CREATE TABLE channels_shortlink (
    lane       smallint    NOT NULL,
    message_id bigint      NOT NULL,
    number     smallint    NOT NULL CHECK (number BETWEEN 0 AND 7),  -- which of the message's links, 0 the first
    day        date        NOT NULL,                                 -- UTC date of the message's queued_at, which finds its partition
    url        text        NOT NULL,
    expires_at timestamptz NOT NULL,                                 -- leads nowhere from then on
    PRIMARY KEY (lane, message_id, number)
);
CREATE INDEX channels_shortlink_expires ON channels_shortlink (expires_at);  -- clearing away
