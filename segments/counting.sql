-- name: limit
-- For the rest of the transaction: give up a statement after so long, and let others find it by a name to cancel it.
-- Params: timeout (milliseconds, text), name.
SELECT set_config('statement_timeout', %(timeout)s, TRUE), set_config('application_name', %(name)s, TRUE);

-- name: cancel
-- Cancel the statement that runs under a name. A session that is done with it by now does not notice.
SELECT pg_cancel_backend(pid) FROM pg_stat_activity
 WHERE application_name = %(name)s AND datname = current_database() AND state = 'active' AND pid <> pg_backend_pid();
