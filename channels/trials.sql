-- name: opened
-- How many messages of each variant of a campaign were clicked, or viewed: each once. Read once a test. Index: profiles_event_type.
-- Params: lanes, type, since and until (not included), campaign.
SELECT properties ->> 'variant', count(DISTINCT (properties ->> 'message')::bigint)
  FROM profiles_event
 WHERE lane = ANY(%(lanes)s::smallint[]) AND type_id = %(type)s::int AND at >= %(since)s::timestamptz AND at < %(until)s::timestamptz
   AND (properties ->> 'campaign')::bigint = %(campaign)s AND properties ? 'variant'
 GROUP BY 1;
