-- name: keep
-- What short links lead to. Repeat freely: the last target of a link counts. Params: lanes, messages, numbers, days (from 2020-01-01), urls,
-- side by side; expires_at.
INSERT INTO channels_shortlink (lane, message_id, number, day, url, expires_at)
SELECT lane, message, number, DATE '2020-01-01' + day, url, %(expires_at)s::timestamptz
  FROM unnest(%(lanes)s::smallint[], %(messages)s::bigint[], %(numbers)s::smallint[], %(days)s::integer[], %(urls)s::text[])
       AS given (lane, message, number, day, url)
ON CONFLICT (lane, message_id, number) DO UPDATE SET day = excluded.day, url = excluded.url, expires_at = excluded.expires_at;

-- name: follow
-- Where a link leads while it is valid. Params: lane, id, number, now. Index: the primary key.
SELECT url, day FROM channels_shortlink
 WHERE lane = %(lane)s AND message_id = %(id)s AND number = %(number)s AND expires_at > %(now)s;

-- name: forget
-- Links that have expired. Repeat until it comes short. Params: now, batch (rows). Index: channels_shortlink_expires.
DELETE FROM channels_shortlink AS gone
 USING (SELECT lane, message_id, number FROM channels_shortlink WHERE expires_at <= %(now)s LIMIT %(batch)s FOR UPDATE SKIP LOCKED) AS old
 WHERE gone.lane = old.lane AND gone.message_id = old.message_id AND gone.number = old.number;
