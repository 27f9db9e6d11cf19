"""The demo's mailbox in the browser, and the shop that its mails lead to."""

import httpx
from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from config.demo import mailbox, people
from config.demo.seed import PAGES
from profiles import sites
from profiles.models import Credential
from profiles.selectors import find_profile

PAGE = 50
CUSTOMER = 7  # who one may be in the shop


@require_safe
@staff_member_required
def mails(request: HttpRequest) -> HttpResponse:
    """All mails, the newest first; ?to= keeps those to an address."""
    to = request.GET.get("to", "").strip()
    page = Paginator(mailbox.newest(to=to), PAGE).get_page(request.GET.get("page"))
    return _page(request, "demo/mails.html", title="Mailbox", page=page, to=to, most=mailbox.MOST)


@require_safe
@staff_member_required
def mail(request: HttpRequest, mail_id: str) -> HttpResponse:
    """One mail, its HTML in a frame that can run and reach nothing of ours. Its images load, so reading it here is an
    open like any other."""
    found = _find(mail_id)
    person = find_profile(identity=found.to)
    frame = f'<base target="_blank">{found.html}' if found.html else ""
    return _page(request, "demo/mail.html", title=found.subject, mail=found, frame=frame, person=person)


@require_POST
@staff_member_required
def act(request: HttpRequest, mail_id: str) -> HttpResponse:
    """Do what the mail's reader might do: `do` is unsubscribe, or the number of the link to click."""
    found, wish = _find(mail_id), request.POST.get("do", "")
    try:
        if wish == "unsubscribe" and found.unsubscribe:
            mailbox.unsubscribe(found)
            messages.success(request, f"{found.to} has unsubscribed.")
        elif wish.isdecimal() and int(wish) < len(found.links):
            target = mailbox.click(found, int(wish))
            messages.success(request, f"Clicked “{found.links[int(wish)].label}”. It leads to {target}")
        else:
            raise Http404
    except httpx.HTTPError as error:
        messages.error(request, f"That did not work: {error}")
    return redirect("demo:mail", mail_id=mail_id)


@require_safe
def shop(request: HttpRequest, slug: str = "") -> HttpResponse:
    """Where the links lead: a page of the shop that the demo plays, with the script that sites embed. Whoever is
    logged in to the back office may be one of the customers: ?as= tells whom.
    """
    product = people.PRODUCTS.get(slug)
    if slug and product is None:
        raise Http404
    credential = Credential.objects.filter(name=PAGES, revoked_at=None).first()
    key = (credential and credential.public_key) or ""
    staff = request.user.is_active and request.user.is_staff
    identity = request.GET.get("as", "") if staff else ""
    context = {
        "product": product,
        "products": people.PRODUCTS.values(),
        "key": key,
        "staff": staff,
        "customer": people.person(CUSTOMER),
        "identity": identity,
        "signature": sites.signature(sites.signing_secret(key), identity) if identity else "",
    }
    return render(request, "demo/shop.html", context)


@require_safe
@staff_member_required
def visitor(request: HttpRequest, object_id: str) -> HttpResponse:
    """The visitor of the shop's pages in the back office."""
    found = find_profile(object_id=object_id)
    if found is None:
        raise Http404("Sojourn knows no such visitor yet.")
    return redirect("admin:profiles_profile_change", found.pk)


def _find(mail_id: str) -> mailbox.Mail:
    found = mailbox.read(mail_id)
    if found is None:
        raise Http404("The mail is not there any more; only the newest are kept.")
    return found


def _page(request: HttpRequest, template: str, **context: object) -> HttpResponse:
    return render(request, template, {**admin.site.each_context(request), **context})
