"""What `make bench` measures, on one machine, against a stack of its own: web, workers, beat and database as in the
Procfile, load from a process beside them, and for each figure the bare SQL that writes the same rows.
"""
