ALTER TABLE channels_message DROP COLUMN variant;
