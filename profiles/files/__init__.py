"""Files of profiles (domain 11.2): CSV in, by a mapping of columns to properties, and CSV out.

A row means exactly what the same record in POST /1/upload would mean: `mapping` makes that record, `profiles.records`
and `profiles.accept` do the rest. Whatever its size, a file is staged whole before anybody is changed.
"""
