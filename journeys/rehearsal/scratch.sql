-- name: claim
-- Hold a rehearsal's schema for this session.
SELECT pg_advisory_lock(hashtext('rehearsal'), hashtext(%(schema)s));

-- name: release
SELECT pg_advisory_unlock(hashtext('rehearsal'), hashtext(%(schema)s));

-- name: leftovers
-- Schemas of rehearsals that are over: whoever made them holds no lock any more. Locks those returned for this session.
SELECT nspname::text FROM pg_namespace
 WHERE nspname LIKE %(prefix)s AND pg_try_advisory_lock(hashtext('rehearsal'), hashtext(nspname::text));

-- name: schemas
-- Schemas whose names begin alike. Params: prefix (LIKE pattern).
SELECT nspname::text FROM pg_namespace WHERE nspname LIKE %(prefix)s;

-- name: tables
-- Our tables in the schema at hand, partitions left out. Params: apps (LIKE patterns).
SELECT relname::text FROM pg_class
 WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
   AND relname LIKE ANY(%(apps)s)
 ORDER BY relname;

-- name: defaults
-- Columns whose default draws from a plain sequence. Params: tables.
SELECT c.relname::text, a.attname::text, s.relname::text
  FROM pg_attrdef AS d
  JOIN pg_attribute AS a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
  JOIN pg_class AS c ON c.oid = d.adrelid AND c.relnamespace = current_schema()::regnamespace
  JOIN pg_depend AS dep ON dep.classid = 'pg_attrdef'::regclass AND dep.objid = d.oid AND dep.refclassid = 'pg_class'::regclass
  JOIN pg_class AS s ON s.oid = dep.refobjid AND s.relkind = 'S'
 WHERE c.relname = ANY(%(tables)s)
 ORDER BY 1, 2;
