"""Which addresses a webhook may reach: the public internet, unless ALLOW_PRIVATE_ADDRESSES says otherwise.

The name is resolved here and the connection made to the very address that was checked, so a name that answers
differently the second time gains nothing.
"""

import ipaddress
import socket
from collections.abc import Iterable
from typing import Any

import httpcore
from django.conf import settings

_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class ForbiddenAddress(Exception):
    """The host is, or leads to, an address that webhooks may not reach."""


def is_public(address: Address) -> bool:
    """Is it an address of the public internet, taking apart the IPv6 forms that hold an IPv4 address?"""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast and not address.is_reserved


def resolve(host: str, port: int) -> list[str]:
    """The host's addresses, each of them allowed. Raises ForbiddenAddress, OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    texts = list(dict.fromkeys(str(sockaddr[0]) for *_kind, sockaddr in found))
    if not settings.ALLOW_PRIVATE_ADDRESSES:
        for text in texts:
            # One private address among public ones is refused too: nobody sends webhooks to such a name by intent.
            if not is_public(ipaddress.ip_address(text.partition("%")[0])):
                raise ForbiddenAddress(f"{host} leads to the private address {text}, which webhooks may not reach")
    return texts


class CheckedBackend(httpcore.SyncBackend):
    """Connects to checked addresses only."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            addresses = resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host} cannot be resolved: {error}") from error
        failure: Exception | None = None
        for address in addresses:
            try:
                return super().connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore.ConnectError(f"{host} has no address")

    def connect_unix_socket(self, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        raise ForbiddenAddress("webhooks do not go to sockets of this machine")
