-- name: campaigns
-- What identifies the campaigns of a batch, and the limits of their channels. `xmin` changes with every write, so a compiled campaign is found again
-- by (id, revision, xmin) and an edit takes effect for whatever is sent after it.
-- Params: ids.
SELECT c.id, c.revision, c.xmin::text, c.channel, c.stopped, e.winner, l.most, l.days, l.dwell
  FROM channels_campaign AS c
  LEFT JOIN channels_experiment AS e ON e.campaign_id = c.id
  LEFT JOIN channels_campaignlimit AS l ON l.channel = c.channel
 WHERE c.id = ANY(%(ids)s::bigint[]);

-- name: contents
-- The content of campaigns that are not compiled yet. Params: ids.
SELECT id, content, variants, context, policy, fallback FROM channels_campaign WHERE id = ANY(%(ids)s::bigint[]);
