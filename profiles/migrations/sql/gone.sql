-- Profiles that are no more, or are about to be: deleted, or merged into another. The row stays for good: an event that arrives late for
-- its number (a click on an old mail, an upload that was under way) is passed on to whoever the person is now, or dropped.
CREATE TABLE profiles_gone (
    lane         smallint    NOT NULL,
    profile_id   bigint      NOT NULL,
    into_id      bigint,                            -- the profile that it was merged into; null: deleted
    announced_at timestamptz NOT NULL,
    done         boolean     NOT NULL DEFAULT false, -- the engine has moved or removed what belonged to it
    PRIMARY KEY (lane, profile_id)
);
CREATE INDEX profiles_gone_into ON profiles_gone (into_id) WHERE NOT done; -- who is about to be merged into a profile?
