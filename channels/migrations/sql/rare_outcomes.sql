-- What went wrong is what operators filter for, and one message in a thousand: found without walking past all that were sent.
-- On the parent, so that PostgreSQL makes it for the months there are; profiles.partitions makes it for those to come.
CREATE INDEX channels_message_rare ON channels_message (lane, id) WHERE status IN ('failed', 'unreachable', 'cancelled');
