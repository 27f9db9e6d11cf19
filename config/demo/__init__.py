"""The demo: people, journeys, a shop's traffic and a mailbox, so that there is something to look at in a minute.

Nothing here runs in production, and nothing outside knows of it but two lines that ask `settings.DEMO`: the routes and
the sidebar. `manage.py demo` (run.py) seeds the database (seed.py) and starts, beside web, worker and beat, the mail
server (sink.py) that keeps what Sojourn sends as files (mailbox.py), visitors of a shop (traffic.py) who post through
the API and read those mails, and a line of live numbers (status.py).
"""
