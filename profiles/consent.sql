-- name: suppress
-- Switch addresses off. What is off stays off with its first reason. Params: kind (email | phone), addresses, reason, now.
INSERT INTO profiles_suppression (kind, value, reason, at)
SELECT DISTINCT %(kind)s::text, address, %(reason)s::text, %(now)s::timestamptz FROM unnest(%(addresses)s::text[]) AS address
ON CONFLICT DO NOTHING;

-- name: restore
-- Switch addresses on again. Params: kind, addresses.
DELETE FROM profiles_suppression WHERE kind = %(kind)s AND value = ANY(%(addresses)s::text[]);
