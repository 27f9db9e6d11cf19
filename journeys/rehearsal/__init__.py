"""Rehearsal: a scenario of people, journeys and timed events, played through the production engine on a virtual clock.

`scenario` reads the file, `scratch` makes the place where it happens and takes it away again, `play` moves the clock,
`report` says what happened to whom. Nothing is sent, and the account's own tables are never written.
"""
