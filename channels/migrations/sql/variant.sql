-- Which variant of its campaign a message is: drawn when it is sent, and kept when it is tried again. Null where there is just one.
ALTER TABLE channels_message ADD COLUMN variant text;
