DROP TABLE journeys_watch;
ALTER TABLE journeys_enrollment DROP COLUMN decides_at;
