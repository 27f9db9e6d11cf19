-- What waits on people's devices, until it is seen, discarded, taken back or of no use any more. Its message is sent already.
CREATE TABLE channels_ondevice (
    lane          smallint    NOT NULL,
    message_id    bigint      NOT NULL,
    day           date        NOT NULL,              -- UTC date of the message's queued_at, which finds its partition
    profile_id    bigint      NOT NULL,
    enrollment_id bigint      NOT NULL,
    campaign_id   integer     NOT NULL,
    channel       text        NOT NULL,              -- in_app | web_popup | exit_intent | web_native | app_inbox
    priority      smallint    NOT NULL,              -- the highest is shown first
    since         timestamptz NOT NULL,              -- when it was put down
    expires_at    timestamptz,                       -- not shown from then on; null: never
    fetched_at    timestamptz,                       -- when a device first asked for it; null until then
    viewed_at     timestamptz,                       -- app inbox only: others are gone once they were seen
    content       jsonb       NOT NULL,              -- rendered
    PRIMARY KEY (lane, message_id)
);
CREATE INDEX channels_ondevice_person ON channels_ondevice (lane, profile_id);         -- what to show now
CREATE INDEX channels_ondevice_enrollment ON channels_ondevice (lane, enrollment_id);  -- taking back
CREATE INDEX channels_ondevice_expires ON channels_ondevice (expires_at);              -- clearing away

ALTER TABLE channels_message DROP CONSTRAINT channels_message_status_check;
ALTER TABLE channels_message ADD CONSTRAINT channels_message_status_check
      CHECK (status IN ('queued', 'sending', 'sent', 'failed', 'unreachable', 'discarded', 'cancelled'));
