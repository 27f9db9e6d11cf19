-- name: known
-- All labels in use. Reads the journeys, which are configuration: some thousands.
SELECT DISTINCT label FROM journeys_journey CROSS JOIN LATERAL jsonb_array_elements_text(labels) AS label ORDER BY label;
