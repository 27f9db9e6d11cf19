DELETE FROM journeys_tally
 WHERE metric IN ('slept', 'woke', 'decided') OR metric LIKE 'exited_unsent:%'
    OR (node = 0 AND (metric LIKE 'exited:%' OR metric LIKE 'again:%' OR metric LIKE 'met_again:%'));
DELETE FROM journeys_total
 WHERE metric IN ('slept', 'woke', 'decided') OR metric LIKE 'exited_unsent:%'
    OR (node = 0 AND (metric LIKE 'exited:%' OR metric IN ('again', 'met_again')));
