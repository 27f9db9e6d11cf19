-- Clocks that run beside one another: those of the segment nodes that somebody waits at, by node number, and those of the goals, by their
-- number below zero, as {"3": {"due": instant, "at": instant, "id": 7}}: when it comes, and the event that started it. Null without any.
-- decides_at stays the earliest of the nodes'.
ALTER TABLE journeys_enrollment ADD COLUMN clocks jsonb;
UPDATE journeys_enrollment
   SET clocks = jsonb_build_object(node, jsonb_build_object('due', decides_at, 'at', heard_at, 'id', heard_id))
 WHERE phase = 'waiting' AND decides_at IS NOT NULL;
-- Of the control group: the clocks of the goals that its members are watched for.
ALTER TABLE journeys_watch ADD COLUMN clocks jsonb;
