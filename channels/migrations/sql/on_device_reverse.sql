-- A discarded message was none that reached anybody.
UPDATE channels_message SET status = 'cancelled' WHERE status = 'discarded';
ALTER TABLE channels_message DROP CONSTRAINT channels_message_status_check;
ALTER TABLE channels_message ADD CONSTRAINT channels_message_status_check
      CHECK (status IN ('queued', 'sending', 'sent', 'failed', 'unreachable', 'cancelled'));
DROP TABLE channels_ondevice;
