-- Past behaviour is asked lane by lane: what a lane needs of an event type lies together, so that it is grouped within the processor's cache, and
-- a worker that holds some lanes reads no others. On the parent, so that PostgreSQL makes it for the months there are; profiles.partitions
-- makes it for those to come.
CREATE INDEX profiles_event_lane_type ON profiles_event (lane, type_id, at, profile_id);
DROP INDEX profiles_event_type;
