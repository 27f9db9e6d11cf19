-- The world of `make bench-segments`. Every draw is a hash of a row's number, so the same sizes make the same world. Between two servers of one
-- version, that is: PostgreSQL promises its hashes no longer.

-- name: draw
-- A number in [0, 1) for row n and purpose k.
CREATE OR REPLACE FUNCTION pg_temp.draw(n bigint, k bigint) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (hashint8extended(n, k) & 4503599627370495)::float8 / 4503599627370496;

-- name: profiles
-- People: most with an address, some with a device or without consent. Ids start at 1. Params: people, now.
INSERT INTO profiles_profile (lane, id, identity, name, email, phone, properties, created_at, updated_at)
SELECT n %% 64, n, 'p' || n, 'Person ' || n,
       CASE WHEN pg_temp.draw(n, 1) < 0.85 THEN 'p' || n || '@people.example' END,
       CASE WHEN pg_temp.draw(n, 2) < 0.6 THEN '+31' || 600000000 + n END,
       jsonb_strip_nulls(jsonb_build_object(
           'plan', (ARRAY['bronze', 'silver', 'gold'])[width_bucket(pg_temp.draw(n, 3), ARRAY[0, 0.7, 0.9])],
           'town', 'Town ' || 1 + floor(power(41, pg_temp.draw(n, 4)))::int,
           'visits', floor(60 * pg_temp.draw(n, 5))::int,
           'points', floor(1000 * pg_temp.draw(n, 6))::int,
           'birthday', (date '1950-01-01' + floor(20000 * pg_temp.draw(n, 7))::int)::text,
           'MSG-email', CASE WHEN pg_temp.draw(n, 8) < 0.06 THEN FALSE END,
           'MSG-sms', CASE WHEN pg_temp.draw(n, 9) < 0.1 THEN FALSE END,
           'MSG-whatsapp', CASE WHEN pg_temp.draw(n, 10) < 0.3 THEN TRUE END)),
       %(now)s, %(now)s
  FROM generate_series(1, %(people)s::bigint) AS n;

-- name: devices
-- Three in ten have the app. Params: people, now.
INSERT INTO profiles_device (lane, profile_id, channel, platform, token, seen_at)
SELECT n %% 64, n, 'push', 'fcm', 'token-' || n, %(now)s
  FROM generate_series(1, %(people)s::bigint) AS n WHERE pg_temp.draw(n, 11) < 0.3;

-- name: suppressions
-- One address in a hundred bounced. Params: people, now.
INSERT INTO profiles_suppression (kind, value, reason, at)
SELECT 'email', email, 'hard_bounce', %(now)s FROM profiles_profile WHERE pg_temp.draw(id, 12) < 0.01 AND email IS NOT NULL;

-- name: events
-- Events number first..last of all, in the order in which they happened; more and more of them towards the end. Who did it is drawn by
-- Zipf-Mandelbrot (rank + 100): the busiest has one event in a thousand, and a third of the people have none. Ranks are strewn over the ids.
-- Params: first, last, all, people, since (timestamptz), seconds (float8), types (int[]), shares (float8[]: where the draw of each type begins).
INSERT INTO profiles_event (lane, id, profile_id, type_id, at, received_at, source, properties)
SELECT person %% 64, n, person, type_id, at, at, 'api',
       jsonb_strip_nulls(jsonb_build_object(
           'product', 'Product ' || 1 + floor(power(5000, pg_temp.draw(n, 23)))::int,
           'category', 'Category ' || 1 + floor(power(30, pg_temp.draw(n, 24)))::int,
           'amount', round((5 + 200 * power(pg_temp.draw(n, 25), 3))::numeric, 2),
           'quantity', 1 + floor(4 * pg_temp.draw(n, 26))::int,
           'currency', (ARRAY['EUR', 'USD', 'GBP'])[width_bucket(pg_temp.draw(n, 27), ARRAY[0, 0.6, 0.9])],
           'channel', (ARRAY['web', 'app', 'store'])[width_bucket(pg_temp.draw(n, 28), ARRAY[0, 0.5, 0.9])],
           'coupon', CASE WHEN pg_temp.draw(n, 29) < 0.1 THEN 'SAVE10' END,
           'session', to_hex(hashint8extended(n, 30))))
  FROM (
    SELECT n, 1 + (floor(100 * (power((%(people)s + 100) / 100.0::float8, pg_temp.draw(n, 21)) - 1))::bigint * 7919) %% %(people)s AS person,
           (%(types)s::int[])[width_bucket(pg_temp.draw(n, 22), %(shares)s::float8[])] AS type_id,
           %(since)s::timestamptz + make_interval(secs => %(seconds)s::float8 * power(n / %(all)s::float8, 0.7)) AS at
      FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
  ) AS drawn;

-- name: indexes
-- The indexes of the history, as statements that make them.
SELECT indexrelid::regclass::text, replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ')
  FROM pg_index WHERE indrelid = 'profiles_event'::regclass;

-- name: made
-- What the world was made with; empty if there is none.
SELECT coalesce(obj_description('profiles_event'::regclass), '');

-- name: size
-- Bytes of the history and of its indexes.
SELECT sum(pg_relation_size(inhrelid))::bigint, sum(pg_indexes_size(inhrelid))::bigint FROM pg_inherits WHERE inhparent = 'profiles_event'::regclass;

-- name: duck_count_month
-- From here on: the rules of tests.bench.segments as somebody would ask DuckDB. Its tables: event (profile_id, type_id, happened, properties),
-- profile (id, email, phone, properties), device, suppression. $viewed and so on are event types.
SELECT count(*) FROM profile SEMI JOIN (
    SELECT profile_id FROM event WHERE type_id = $viewed AND happened >= '2026-10-02' AND happened <= '2026-11-01 12:00'
     GROUP BY profile_id HAVING count(*) >= 3) AS found ON found.profile_id = profile.id;

-- name: duck_count_ever
SELECT count(*) FROM profile SEMI JOIN (
    SELECT profile_id FROM event WHERE type_id = $viewed AND happened <= '2026-11-01 12:00'
     GROUP BY profile_id HAVING count(*) >= 3) AS found ON found.profile_id = profile.id;

-- name: duck_filters_quarter
SELECT count(*) FROM profile SEMI JOIN (
    SELECT profile_id FROM event
     WHERE type_id = $charged AND happened >= '2026-08-03' AND happened <= '2026-11-01 12:00' AND (properties ->> 'amount')::DOUBLE > 100
    ) AS found ON found.profile_id = profile.id
 WHERE properties ->> 'plan' = 'gold';

-- name: duck_filters_ever
SELECT count(*) FROM profile SEMI JOIN (
    SELECT profile_id FROM event
     WHERE type_id = $charged AND happened <= '2026-11-01 12:00' AND (properties ->> 'amount')::DOUBLE > 100
    ) AS found ON found.profile_id = profile.id
 WHERE properties ->> 'plan' = 'gold';

-- name: duck_did_not_month
SELECT count(*) FROM profile
  SEMI JOIN (SELECT profile_id FROM event WHERE type_id = $cart AND happened >= '2026-10-02' AND happened <= '2026-11-01 12:00') AS did
    ON did.profile_id = profile.id
  ANTI JOIN (SELECT profile_id FROM event WHERE type_id = $charged AND happened >= '2026-10-02' AND happened <= '2026-11-01 12:00') AS bought
    ON bought.profile_id = profile.id;

-- name: duck_did_not_ever
SELECT count(*) FROM profile
  SEMI JOIN (SELECT profile_id FROM event WHERE type_id = $cart AND happened <= '2026-11-01 12:00') AS did ON did.profile_id = profile.id
  ANTI JOIN (SELECT profile_id FROM event WHERE type_id = $charged AND happened <= '2026-11-01 12:00') AS bought ON bought.profile_id = profile.id;

-- name: duck_sum_year
SELECT count(*) FROM profile SEMI JOIN (
    SELECT profile_id FROM event WHERE type_id = $charged AND happened >= '2025-11-01' AND happened <= '2026-11-01 12:00'
     GROUP BY profile_id HAVING sum((properties ->> 'amount')::DECIMAL(18, 2)) > 250) AS found ON found.profile_id = profile.id;

-- name: duck_interest_quarter
SELECT count(*) FROM profile SEMI JOIN (
    SELECT profile_id FROM event WHERE type_id = $searched AND happened >= '2026-08-03' AND happened <= '2026-11-01 12:00'
     GROUP BY profile_id HAVING count(*) FILTER (WHERE properties ->> 'channel' = 'app') * 100 >= 60 * count(*)
    ) AS found ON found.profile_id = profile.id;

-- name: duck_tree
SELECT count(*) FROM profile
  LEFT JOIN (SELECT profile_id FROM event WHERE type_id = $charged AND happened >= '2026-08-03' AND happened <= '2026-11-01 12:00'
              GROUP BY profile_id HAVING count(*) >= 2) AS buyers ON buyers.profile_id = profile.id
  LEFT JOIN (SELECT profile_id FROM event WHERE type_id = $cart AND happened >= '2026-10-25' AND happened <= '2026-11-01 12:00'
              GROUP BY profile_id) AS carts ON carts.profile_id = profile.id
  LEFT JOIN (SELECT profile_id FROM event WHERE type_id = $searched AND happened >= '2026-10-25' AND happened <= '2026-11-01 12:00'
              GROUP BY profile_id) AS searchers ON searchers.profile_id = profile.id
 WHERE buyers.profile_id IS NOT NULL
    OR (properties ->> 'plan' = 'gold' AND NOT (carts.profile_id IS NOT NULL AND searchers.profile_id IS NULL)
        AND (properties ->> 'points')::DOUBLE BETWEEN 300 AND 500);

-- name: duck_reachable
-- Whoever did_not_month finds, and how many of them each channel reaches: e-mail, SMS, WhatsApp, RCS, push, web push.
SELECT count(*),
       count(*) FILTER (WHERE p.email IS NOT NULL AND off.value IS NULL AND (p.properties ->> 'MSG-email') IS DISTINCT FROM 'false'),
       count(*) FILTER (WHERE p.phone IS NOT NULL AND (p.properties ->> 'MSG-sms') IS DISTINCT FROM 'false'),
       count(*) FILTER (WHERE p.phone IS NOT NULL AND p.properties ->> 'MSG-whatsapp' = 'true'),
       count(*) FILTER (WHERE p.phone IS NOT NULL AND (p.properties ->> 'MSG-rcs') IS DISTINCT FROM 'false'),
       count(*) FILTER (WHERE push.profile_id IS NOT NULL),
       0
  FROM profile AS p
  SEMI JOIN (SELECT profile_id FROM event WHERE type_id = $cart AND happened >= '2026-10-02' AND happened <= '2026-11-01 12:00') AS did
    ON did.profile_id = p.id
  ANTI JOIN (SELECT profile_id FROM event WHERE type_id = $charged AND happened >= '2026-10-02' AND happened <= '2026-11-01 12:00') AS bought
    ON bought.profile_id = p.id
  LEFT JOIN suppression AS off ON off.kind = 'email' AND off.value = p.email
  LEFT JOIN (SELECT DISTINCT profile_id FROM device WHERE channel = 'push') AS push ON push.profile_id = p.id;
