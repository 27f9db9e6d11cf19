-- When somebody asleep wakes up is the stay's own clock from now on; due_at may come earlier, for a goal at midnight.
UPDATE journeys_enrollment SET decides_at = due_at WHERE phase = 'asleep' AND decides_at IS NULL;
