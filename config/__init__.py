"""Wiring: settings, routes, Celery, the embedded servers. The domain lives in the four apps."""
