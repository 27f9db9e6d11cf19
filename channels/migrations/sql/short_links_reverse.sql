DROP TABLE channels_shortlink;
