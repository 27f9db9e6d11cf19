"""What goes wrong in channels. That a message failed is no error: it is the message's outcome, with its reason."""

from config.lib.errors import SojournError


class ChannelError(SojournError):
    """Something about a provider, its credentials or a campaign's content."""

    code = "channel"
