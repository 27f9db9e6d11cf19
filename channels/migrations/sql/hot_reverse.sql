DROP TABLE channels_sandboxed;
DROP TABLE channels_message; -- with its partitions and its sequence
