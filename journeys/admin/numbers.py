"""The pages of numbers of a journey, and the people behind them."""

from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from journeys.admin.canvas import CanvasPages
from journeys.document import parse
from journeys.engine import account
from journeys.nodes import KINDS
from journeys.stats import message, people
from journeys.stats.period import ALWAYS, Period

TABS = {"nodes": "Node stats", "engagement": "Engagement stats", "journey": "Journey stats"}


class NumbersPages(CanvasPages):
    """Node stats, engagement stats, journey stats, and who is inside."""

    def numbers_view(self, request: HttpRequest, object_id: str, tab: str) -> HttpResponseBase:
        """One of the tabs; ?version= names another version than the one that people are in."""
        if tab not in TABS:
            raise Http404("There is no such page of numbers.")
        journey = self._journey(request, object_id)
        version = self._current(request, journey)
        props = {
            "journey": journey.pk,
            "version": version.number,
            "tab": tab,
            "people": reverse("admin:journeys_journey_people", args=[journey.pk]),
            "today": timezone.now().astimezone(account.current().zone).date().isoformat(),
        }
        return self._page(request, "backoffice/numbers.html", journey, version, {"tab": tab, "props": props})

    def people_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Who is inside a version, with ?node= at a node; ?after= goes on behind a page."""
        journey = self._journey(request, object_id)
        if not request.user.has_perm("profiles.view_profile"):
            raise PermissionDenied
        version = self._current(request, journey)
        node, after = (_number(request.GET.get(name, "")) for name in ("node", "after"))
        found = people.inside(version.pk, node=node, after=after)
        context = {
            "tab": "people",
            "node": node,
            "people": found[: people.PAGE],
            "after": found[people.PAGE - 1].enrollment if len(found) > people.PAGE else None,
        }
        return self._page(request, "backoffice/inside.html", journey, version, context)

    def message_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """What became of the message of ?node=, between ?first= and ?last=."""
        journey = self._journey(request, object_id)
        version = self._current(request, journey)
        document = parse(version.document)
        node = _number(request.GET.get("node", ""))
        if not any(it.id == node and KINDS[it.kind].role == "engagement" for it in document.nodes) or node is None:
            raise Http404("There is no such message in this version.")
        problem = ""
        try:
            period = Period(*(_day(request.GET.get(name, "")) for name in ("first", "last")))
        except ValueError:
            period, problem = ALWAYS, "Write days like 2026-03-31; these are all."
        found = message.detail(version.pk, document, node, period)
        context = found._asdict() | {
            "period": period,
            "problem": problem,
            "revenue": found.node.revenue_cents / 100 if found.node.converted else None,
            "most_days": message.MOST_DAYS,
        }
        return self._page(request, "backoffice/journey_message.html", journey, version, context)

    def _current(self, request: HttpRequest, journey: Any) -> Any:
        """The version that is asked for, else the one that people are in."""
        if "version" in request.GET:
            return self._version(request, journey)
        return journey.versions.get(pk=journey.current_id)

    def _page(
        self, request: HttpRequest, template: str, journey: Any, version: Any, extra: dict[str, Any]
    ) -> HttpResponseBase:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(journey) or "(no name)",
            "original": journey,
            "journey": journey,
            "version": version,
            **extra,
        }
        return TemplateResponse(request, template, context)


def _day(text: str) -> date | None:
    """Raises ValueError."""
    return date.fromisoformat(text) if text else None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and int(text) < 2**63 else None
