"""What people's mail programs and browsers call: the pixel, clicks, unsubscribing. No login, no cookies: the link is
signed.
"""

import base64
from typing import cast

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from channels import shortlinks, tracking
from channels.receipts import Receipt, record_receipt

PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


class _WebRedirect(HttpResponseRedirect):
    allowed_schemes = ["http", "https"]


@never_cache
@require_safe
def opened(request: HttpRequest, token: str) -> HttpResponseBase:
    """The pixel was loaded: the message was viewed."""
    ref = tracking.read(token, tracking.OPEN)
    if not ref:
        return _bad_link(request)
    _record(request, ref, "viewed")
    return HttpResponse(PIXEL, content_type="image/gif")


@never_cache
@require_safe
def clicked(request: HttpRequest, token: str, target: str) -> HttpResponseBase:
    """A link was clicked: on to where it leads, which the signature covers."""
    url = tracking.target(target)
    ref = tracking.read(token, tracking.CLICK, url) if url else None
    if not url or not ref:
        return _bad_link(request)
    _record(request, ref, "clicked", url=url.decode())
    return _WebRedirect(url.decode())


@never_cache
@require_safe
def followed(request: HttpRequest, token: str) -> HttpResponseBase:
    """A short link was clicked: on to what we wrote down for it. One that has expired says so, and counts no click."""
    ref = tracking.read_short(token)
    if not ref:
        return _bad_link(request)
    link = shortlinks.follow(ref, now=timezone.now())
    if not link:
        return render(request, "channels/expired_link.html", status=410)
    _record(request, link.message, "clicked", url=link.url)
    return _WebRedirect(link.url)


@never_cache
@csrf_exempt  # RFC 8058: mail programs post here on their own; the signed link is the proof
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponseBase:
    """GET asks, since link scanners follow every link; POST does it, from our page or by one click in a mail
    program.
    """
    ref = tracking.read(token, tracking.UNSUBSCRIBE)
    if not ref:
        return _bad_link(request)
    done = request.method == "POST"
    if done:
        _record(request, ref, "unsubscribed")
    return render(request, "channels/unsubscribe.html", {"done": done})


def _record(request: HttpRequest, ref: tracking.Ref, outcome: str, url: str | None = None) -> None:
    """HEAD is a machine's look, not a person's doing."""
    if request.method == "HEAD":
        return
    with transaction.atomic():
        record_receipt([ref], cast(Receipt, outcome), at=timezone.now(), url=url)


def _bad_link(request: HttpRequest) -> HttpResponse:
    return render(request, "channels/bad_link.html", status=404)
