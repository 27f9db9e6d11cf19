DROP TABLE journeys_conversion;
