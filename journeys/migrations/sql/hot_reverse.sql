DROP TABLE journeys_tally, journeys_step, journeys_enrollment;
