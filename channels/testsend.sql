-- name: known
-- What decides whether people are reached on a channel, and the properties of their newest event of a type, null without one.
-- Params: channel; lanes, ids, side by side; type (null: of none). Indexes: primary keys, profiles_event_person; the inbox holds only what
-- the engine has not come to.
SELECT p.id, p.email, p.phone, s.reason, v.devices, e.properties
  FROM unnest(%(lanes)s::smallint[], %(ids)s::bigint[]) AS wanted (lane, id)
  JOIN profiles_profile AS p ON p.lane = wanted.lane AND p.id = wanted.id
  LEFT JOIN LATERAL (
       SELECT reason FROM profiles_suppression
        WHERE (kind = 'email' AND value = lower(p.email) AND %(channel)s = 'email')
           OR (kind = 'phone' AND value = p.phone AND %(channel)s IN ('sms', 'whatsapp', 'rcs'))
       ) AS s ON TRUE
  LEFT JOIN LATERAL (
       SELECT jsonb_agg(jsonb_build_object('id', d.id, 'platform', d.platform, 'token', d.token, 'keys', d.keys) ORDER BY d.id) AS devices
         FROM profiles_device AS d
        WHERE d.lane = p.lane AND d.profile_id = p.id AND d.channel = %(channel)s
       ) AS v ON TRUE
  LEFT JOIN LATERAL (
       SELECT properties
         FROM (
              (SELECT id, at, properties FROM profiles_event
                WHERE lane = p.lane AND profile_id = p.id AND type_id = %(type)s::integer ORDER BY at DESC, id DESC LIMIT 1)
              UNION ALL
              (SELECT id, at, properties FROM profiles_inbox
                WHERE lane = p.lane AND profile_id = p.id AND type_id = %(type)s::integer ORDER BY at DESC, id DESC LIMIT 1)
              ) AS newest
        ORDER BY at DESC, id DESC LIMIT 1
       ) AS e ON TRUE;

-- name: numbers
-- As many numbers of messages that there are none of. Params: count.
SELECT nextval('channels_message_id_seq') FROM generate_series(1, %(count)s);
