-- name: ways
-- The ways out of campaigns, in the order in which they are tried: the provider, or those of its group. A provider that is named beats
-- the channel's default; neither is the sandbox, and no row here. An archived one still sends. `sms`: of the SMS that goes out instead.
-- A group without a provider has a row without one. Params: ids.
SELECT c.id, w.sms, p.name, coalesce(t.id, p.id) AS provider_id, coalesce(t.kind, p.kind) AS kind, coalesce(t.config, p.config) AS config,
       CASE WHEN t.id IS NULL THEN p.secrets ELSE t.secrets END AS secrets
  FROM channels_campaign AS c
 CROSS JOIN LATERAL (VALUES (FALSE, c.channel, c.provider_id), (TRUE, 'sms', c.fallback_provider_id)) AS w (sms, channel, provider_id)
  JOIN channels_provider AS p
    ON p.id = coalesce(w.provider_id, (SELECT d.id FROM channels_provider AS d WHERE d.channel = w.channel AND d.is_default))
  LEFT JOIN channels_groupmember AS g ON g.group_id = p.id
  LEFT JOIN channels_provider AS t ON t.id = g.provider_id
 WHERE c.id = ANY(%(ids)s::bigint[]) AND (c.fallback IS NOT NULL OR NOT w.sms)
 ORDER BY c.id, w.sms, g.position;
