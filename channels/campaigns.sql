-- name: campaigns
-- What identifies the campaigns of a batch, their way out, and the limits of their channels. `xmin` changes with every write, so a compiled campaign is found again
-- by (id, revision, xmin) and an edit takes effect for whatever is sent after it.
-- Params: ids. A provider that is named beats the channel's default; neither is the sandbox. An archived one still sends.
SELECT c.id, c.revision, c.xmin::text, c.channel, c.stopped, e.winner, p.id, p.kind, p.config, p.secrets, l.most, l.days, l.dwell
  FROM channels_campaign AS c
  LEFT JOIN channels_experiment AS e ON e.campaign_id = c.id
  LEFT JOIN channels_campaignlimit AS l ON l.channel = c.channel
  LEFT JOIN channels_provider AS p
    ON p.id = coalesce(c.provider_id, (SELECT d.id FROM channels_provider AS d WHERE d.channel = c.channel AND d.is_default))
 WHERE c.id = ANY(%(ids)s::bigint[]);

-- name: contents
-- The content of campaigns that are not compiled yet. Params: ids.
SELECT id, content, variants, context, policy FROM channels_campaign WHERE id = ANY(%(ids)s::bigint[]);
