CREATE INDEX profiles_event_type ON profiles_event (type_id, at, lane, profile_id);
DROP INDEX profiles_event_lane_type;
