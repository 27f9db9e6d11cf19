ALTER TABLE journeys_enrollment DROP COLUMN foreseen;
