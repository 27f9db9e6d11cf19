"""Writes to providers and campaigns, one transaction each."""

import smtplib
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from pydantic import ValidationError

from channels import compose, content, secrets
from channels.base import Outcome, Outgoing
from channels.email.transport import PORTS
from channels.errors import ChannelError
from channels.models import Campaign, Channel, Provider
from channels.transports import provider_transport

TEST_SECONDS = 20.0
_FIELDS = {
    Provider.Kind.SANDBOX: (set[str](), set[str]()),
    Provider.Kind.SMTP: ({"host", "port", "security", "username", "from"}, {"password"}),
    Provider.Kind.HTTP: ({"username"}, {"password"}),
}
_CHANNELS = {
    Provider.Kind.SANDBOX: set(Channel.values),
    Provider.Kind.SMTP: {Channel.EMAIL.value},
    Provider.Kind.HTTP: {Channel.WEBHOOK.value},
}
