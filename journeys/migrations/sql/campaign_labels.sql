-- Campaigns that are there already get the labels of their journeys; those of new ones are written as they are made.
UPDATE channels_campaign AS c SET labels = j.labels
  FROM journeys_node AS n JOIN journeys_version AS v ON v.id = n.version_id JOIN journeys_journey AS j ON j.id = v.journey_id
 WHERE n.campaign_id = c.id AND j.labels <> '[]';
