-- name: one_at_a_time
-- Until the transaction ends, nobody else decides by limits about the people of these lanes. All wait in one order, so nobody waits in
-- a ring; the schema's hash keeps a rehearsal apart. Params: lanes.
SELECT pg_advisory_xact_lock(hashtext(current_schema() || ' limits'), lane)
  FROM (SELECT lane FROM unnest(%(lanes)s::int[]) AS lane ORDER BY lane OFFSET 0) AS ordered;

-- name: sends
-- What some people were sent since an instant, or at some nodes ever; and what is being sent to them (sent_at is null). Params: lanes,
-- people, one each a person; since; journeys, nodes, one each a node that counts for ever; earliest: no message that counts was queued
-- before. Index: channels_message_person.
SELECT m.lane, m.id, m.profile_id, m.channel, m.journey_id, m.node, CASE WHEN m.status = 'sent' THEN m.finished_at END AS sent_at
  FROM unnest(%(lanes)s::smallint[], %(people)s::bigint[]) AS p (lane, id)
 CROSS JOIN LATERAL (
       SELECT * FROM channels_message AS d
        WHERE d.lane = p.lane AND d.profile_id = p.id AND d.queued_at >= %(earliest)s::timestamptz
          AND (d.status = 'sending' OR d.status = 'sent' AND (
               d.finished_at > %(since)s::timestamptz
               OR (d.journey_id, d.node) IN (SELECT * FROM unnest(%(journeys)s::int[], %(nodes)s::smallint[]))
              ))
       OFFSET 0
       ) AS m;

-- name: slots
-- The five minutes that throttled campaigns are filling, locked until the transaction ends; a new one begins now, empty. All lock in one
-- order. Params: ids, now.
INSERT INTO channels_throttle AS t (campaign_id, begins, used)
SELECT id, %(now)s, 0 FROM unnest(%(ids)s::bigint[]) AS id ORDER BY id
ON CONFLICT (campaign_id) DO UPDATE SET used = t.used
RETURNING campaign_id, begins, used;

-- name: take_slots
-- Write back what `slots` locked. Params: ids, begins, used, one each a campaign.
UPDATE channels_throttle AS t SET begins = v.begins, used = v.used
  FROM unnest(%(ids)s::bigint[], %(begins)s::timestamptz[], %(used)s::int[]) AS v (id, begins, used)
 WHERE t.campaign_id = v.id;

-- name: trials
-- The A/B tests of campaigns, locked until the transaction ends; a new one begins now. All lock in one order. Params: ids, now.
INSERT INTO channels_experiment AS t (campaign_id, given, began_at, winner)
SELECT id, 0, %(now)s, '' FROM unnest(%(ids)s::bigint[]) AS id ORDER BY id
ON CONFLICT (campaign_id) DO UPDATE SET given = t.given
RETURNING campaign_id, given, decides_at, winner;

-- name: keep_trials
-- Write back what `trials` locked. Params: ids, given, decides_at, one each a campaign.
UPDATE channels_experiment AS t SET given = v.given, decides_at = v.decides_at
  FROM unnest(%(ids)s::bigint[], %(given)s::int[], %(decides_at)s::timestamptz[]) AS v (id, given, decides_at)
 WHERE t.campaign_id = v.id;
