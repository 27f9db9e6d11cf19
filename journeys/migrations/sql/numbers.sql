-- What closed hours counted, all days and lanes together: what pages of the whole time read. Metrics as in journeys_tally, but `again` and
-- `met_again` without their days, and neither reasons nor links.
CREATE TABLE journeys_total (
    version_id  integer  NOT NULL,
    node        smallint NOT NULL,
    metric      text     NOT NULL,
    value       bigint   NOT NULL,
    PRIMARY KEY (version_id, node, metric)
) WITH (fillfactor = 50);
-- The day of the latest goal that the person had met in this version before this stay; null without one.
ALTER TABLE journeys_enrollment ADD COLUMN met_on date;
