-- name: forget_content
-- What the sandbox recorded for them. Params: lanes, ids. Index: channels_message_person, then the primary key.
DELETE FROM channels_sandboxed AS content
 USING channels_message AS message
 WHERE message.lane = ANY(%(lanes)s::smallint[]) AND message.profile_id = ANY(%(ids)s::bigint[])
   AND content.lane = message.lane AND content.message_id = message.id;

-- name: forget_links
-- Where the short links in their messages lead. Params: lanes, ids. Index: channels_message_person, then the primary key.
DELETE FROM channels_shortlink AS link
 USING channels_message AS message
 WHERE message.lane = ANY(%(lanes)s::smallint[]) AND message.profile_id = ANY(%(ids)s::bigint[])
   AND link.lane = message.lane AND link.message_id = message.id;

-- name: forget_waiting
-- What waits on their devices. Params: lanes, ids. Index: channels_ondevice_person.
DELETE FROM channels_ondevice WHERE lane = ANY(%(lanes)s::smallint[]) AND profile_id = ANY(%(ids)s::bigint[]);

-- name: forget_messages
-- queued -> cancelled; of all others what is personal. What is being sent right now goes out. Repeat freely.
-- Params: lanes, ids, now. Index: channels_message_person.
UPDATE channels_message
   SET address = NULL, event = NULL,
       status = CASE status WHEN 'queued' THEN 'cancelled' ELSE status END,
       reason = CASE status WHEN 'queued' THEN 'profile_deleted' ELSE reason END,
       due_at = CASE status WHEN 'queued' THEN NULL ELSE due_at END,
       finished_at = CASE status WHEN 'queued' THEN %(now)s::timestamptz ELSE finished_at END
 WHERE lane = ANY(%(lanes)s::smallint[]) AND profile_id = ANY(%(ids)s::bigint[]);

-- name: move_queued
-- What is queued, or waits on a device. Params: ids, into, side by side. Indexes: channels_message_person, the key of channels_ondevice.
UPDATE channels_message AS message
   SET lane = given.into_id %% 64, profile_id = given.into_id
  FROM unnest(%(ids)s::bigint[], %(into)s::bigint[]) AS given (id, into_id)
 WHERE message.lane = given.id %% 64 AND message.profile_id = given.id
   AND (message.status = 'queued'
        OR EXISTS (SELECT FROM channels_ondevice AS shown WHERE shown.lane = message.lane AND shown.message_id = message.id));

-- name: move_waiting
-- After their messages. Params: ids, into, side by side. Index: channels_ondevice_person.
UPDATE channels_ondevice AS shown
   SET lane = given.into_id %% 64, profile_id = given.into_id
  FROM unnest(%(ids)s::bigint[], %(into)s::bigint[]) AS given (id, into_id)
 WHERE shown.lane = given.id %% 64 AND shown.profile_id = given.id;
