-- The connectors of the splits behind past behaviour, decided as that is evaluated, by node number: {"3": "path_1"}. Null once people
-- have come to anything but a split.
ALTER TABLE journeys_enrollment ADD COLUMN foreseen jsonb;
