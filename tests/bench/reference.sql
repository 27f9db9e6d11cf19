-- name: lock_lanes
-- As config.lib.lanes does, but until the connection closes.
SELECT pg_advisory_lock(hashtext(current_schema()), lane) FROM generate_series(0, 63) AS lane;

-- name: remember
-- What a run wrote, numbered by person, to be written again. Params: version, first (event id).
CREATE UNLOGGED TABLE bench_stays AS
SELECT *, row_number() OVER (ORDER BY id) - 1 AS n, nextval('journeys_enrollment_id_seq') AS new_id
  FROM journeys_enrollment WHERE version_id = %(version)s;
CREATE INDEX ON bench_stays (n);
CREATE INDEX ON bench_stays (profile_id);
CREATE INDEX ON bench_stays (id);
ANALYZE bench_stays;
CREATE UNLOGGED TABLE bench_events AS
SELECT s.n, e.*, row_number() OVER (PARTITION BY e.profile_id ORDER BY e.id) AS round
  FROM profiles_event AS e JOIN bench_stays AS s USING (lane, profile_id) WHERE e.id > %(first)s;
CREATE INDEX ON bench_events (round, n);
CREATE UNLOGGED TABLE bench_steps AS
SELECT s.n, s.new_id, t.*, (SELECT max(e.round) FROM bench_events AS e WHERE e.n = s.n AND e.received_at <= t.at) AS round
  FROM journeys_step AS t JOIN bench_stays AS s ON s.lane = t.lane AND s.profile_id = t.profile_id AND s.id = t.enrollment_id;
CREATE INDEX ON bench_steps (round, n);
CREATE UNLOGGED TABLE bench_messages AS
SELECT s.n, s.new_id, nextval('channels_message_id_seq') AS new_message, m.*, b.content
  FROM channels_message AS m JOIN bench_stays AS s ON s.lane = m.lane AND s.id = m.enrollment_id
  JOIN channels_sandboxed AS b ON b.lane = m.lane AND b.message_id = m.id;
CREATE INDEX ON bench_messages (n);
CREATE UNLOGGED TABLE bench_tallies AS SELECT * FROM journeys_tally WHERE version_id = %(version)s;
ANALYZE bench_events;
ANALYZE bench_steps;
ANALYZE bench_messages;
ANALYZE journeys_enrollment;
ANALYZE channels_message;
ANALYZE profiles_inbox;

-- name: accept
INSERT INTO profiles_inbox (lane, profile_id, type_id, at, received_at, source, properties)
SELECT lane, profile_id, type_id, at, received_at, source, properties FROM bench_events
 WHERE round = %(round)s AND n BETWEEN %(first)s AND %(last)s ORDER BY n;

-- name: route
WITH picked AS (
    SELECT i.place FROM generate_series(0, 63) AS l(lane)
     CROSS JOIN LATERAL (SELECT ctid AS place FROM profiles_inbox
                          WHERE lane = l.lane ORDER BY id LIMIT (%(last)s - %(first)s + 1) / 64 + 1) AS i
), taken AS (
    DELETE FROM profiles_inbox AS i WHERE i.ctid = ANY(ARRAY(SELECT place FROM picked)) RETURNING i.*
)
INSERT INTO profiles_event (lane, id, profile_id, type_id, at, received_at, source, properties)
SELECT lane, id, profile_id, type_id, at, received_at, source, properties FROM taken;

-- name: enter
INSERT INTO journeys_enrollment (lane, id, profile_id, journey_id, version_id, phase, node, visit, entered_at, arrived_at, heard_at, heard_id,
                                 entry_at, entry_id, closes_at, deadline, due_at, event)
SELECT lane, new_id, profile_id, journey_id, version_id, 'sending', node, visit, entered_at, arrived_at, heard_at, heard_id,
       entry_at, entry_id, NULL, deadline, deadline, event
  FROM bench_stays WHERE n BETWEEN %(first)s AND %(last)s;

-- name: move
UPDATE journeys_enrollment AS e
   SET phase = s.phase, outcome = s.outcome, closes_at = s.closes_at, due_at = s.due_at, exit_reason = s.exit_reason, exited_at = s.exited_at
  FROM bench_stays AS s
 WHERE s.n BETWEEN %(first)s AND %(last)s AND e.lane = s.lane AND e.id = s.new_id;

-- name: log
INSERT INTO journeys_step (lane, profile_id, enrollment_id, journey_id, version_id, at, what, node, via, outcome, reason)
SELECT lane, profile_id, new_id, journey_id, version_id, at, what, node, via, outcome, reason
  FROM bench_steps WHERE round = %(round)s AND n BETWEEN %(first)s AND %(last)s;

-- name: count
INSERT INTO journeys_tally AS t (lane, version_id, node, metric, day, value)
SELECT lane, -%(version)s, node, metric, day, value FROM bench_tallies ORDER BY lane, version_id, node, metric, day
ON CONFLICT (lane, version_id, node, metric, day) DO UPDATE SET value = t.value + excluded.value;

-- name: queue
-- Due in a year, so that the workers leave them alone.
INSERT INTO channels_message (lane, id, queued_at, profile_id, campaign_id, enrollment_id, journey_id, version_id, node, visit, channel,
                              due_at, event)
SELECT lane, new_message, queued_at, profile_id, campaign_id, new_id, journey_id, version_id, node, visit, channel,
       queued_at + interval '1 year', event
  FROM bench_messages WHERE n BETWEEN %(first)s AND %(last)s;

-- name: record
INSERT INTO channels_sandboxed (lane, message_id, at, address, content)
SELECT lane, new_message, finished_at, address, content FROM bench_messages WHERE n BETWEEN %(first)s AND %(last)s;

-- name: settle
UPDATE channels_message AS m
   SET status = b.status, address = b.address, attempts = b.attempts, due_at = NULL, finished_at = b.finished_at
  FROM bench_messages AS b
 WHERE b.n BETWEEN %(first)s AND %(last)s AND m.lane = b.lane AND m.id = b.new_message AND m.queued_at = b.queued_at;

-- name: remember_due
-- Sleepers whose turn it is not yet. Params: version, number.
CREATE UNLOGGED TABLE bench_due AS
SELECT lane, id, profile_id, row_number() OVER () - 1 AS n
  FROM (SELECT * FROM journeys_enrollment WHERE version_id = %(version)s AND phase = 'asleep' LIMIT %(number)s) AS chosen;

-- name: wake
UPDATE journeys_enrollment AS e
   SET phase = 'waiting', visit = 1, arrived_at = e.due_at, heard_at = e.due_at, closes_at = e.due_at + interval '1 day',
       due_at = date_trunc('hour', e.due_at) + interval '25 hours'
  FROM bench_due AS d
 WHERE d.n BETWEEN %(first)s AND %(last)s AND e.lane = d.lane AND e.id = d.id;

-- name: log_due
INSERT INTO journeys_step (lane, profile_id, enrollment_id, journey_id, version_id, at, what, node)
SELECT lane, profile_id, id, %(journey)s, %(version)s, now(), 'arrived', 1 FROM bench_due WHERE n BETWEEN %(first)s AND %(last)s;

-- name: count_due
INSERT INTO journeys_tally AS t (lane, version_id, node, metric, day, value)
SELECT lane, -%(version)s, 1, 'arrived', current_date, count(*) FROM bench_due WHERE n BETWEEN %(first)s AND %(last)s GROUP BY 1 ORDER BY 1
ON CONFLICT (lane, version_id, node, metric, day) DO UPDATE SET value = t.value + excluded.value;
