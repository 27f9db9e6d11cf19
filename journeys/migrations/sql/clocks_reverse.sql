ALTER TABLE journeys_watch DROP COLUMN clocks;
ALTER TABLE journeys_enrollment DROP COLUMN clocks;
