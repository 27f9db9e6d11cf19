ALTER TABLE channels_message DROP COLUMN provider_id, DROP COLUMN sent_as;
