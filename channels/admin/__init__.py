"""The back office's pages of messages, providers and their groups, templates and limits; importing registers them."""

from channels.admin import groups, limits, messages, providers, templates  # noqa: F401
