"""What goes wrong in the API of the back office, as {"code", "message", "problems"?}: a code that never changes, and a
sentence to show.

Domain errors know no HTTP: which of their codes is what status is said here, once. Calls of partners (/1/) keep the
answers that their contract promises.
"""

from collections.abc import Iterable
from typing import Any

from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import exception_handler

from config.lib.errors import SojournError

OURS = "/api/"
STATUSES = {
    "approval": 409,
    "cancelled": 409,
    "changed": 409,
    "forbidden": 403,
    "list_busy": 409,
    "list_used": 409,
    "not_editable": 409,
    "not_found": 404,
    "not_sendable": 409,
    "previous": 409,
    "segment_changed": 409,
    "segment_used": 409,
    "state": 409,
    "template_content": 409,
    "template_name": 409,
    "template_used": 409,
    "too_many": 429,
    "too_slow": 503,
    "version_limit": 409,
}


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """The response to an exception of a view; None lets Django make a 500 of it."""
    if isinstance(error, SojournError):
        body: dict[str, Any] = {"code": error.code, "message": error.message}
        if problems := [*_problems(error)]:
            body["problems"] = problems
        return Response(body, status=STATUSES.get(error.code, 400))
    response = exception_handler(error, context)
    if response is not None and context["request"].path.startswith(OURS):
        response.data = _sentence(error, response)
    return response


def _problems(error: SojournError) -> Iterable[Any]:
    """What a domain error lists one by one: problems, or findings with a place."""
    for item in getattr(error, "problems", None) or getattr(error, "findings", None) or ():
        if hasattr(item, "as_dict"):
            yield item.as_dict()
        else:
            yield {"code": error.code, "level": "error", "field": item.place, "message": item.message}


def _sentence(error: Exception, response: Response) -> dict[str, Any]:
    if not isinstance(error, APIException):  # Django's own: not found, permission denied
        detail = response.data.get("detail", "")
        return {"code": getattr(detail, "code", "error"), "message": str(detail)}
    codes = error.get_codes()
    if isinstance(codes, str):
        return {"code": codes, "message": str(error.detail)}
    problems = [
        {"code": getattr(it, "code", "invalid"), "level": "error", "field": field, "message": str(it)}
        for field, found in (response.data.items() if isinstance(response.data, dict) else [("", response.data)])
        for it in (found if isinstance(found, list) else [found])
    ]
    return {"code": "invalid", "message": " ".join(_named(it) for it in problems), "problems": problems}


def _named(problem: dict[str, Any]) -> str:
    field = problem["field"]
    return problem["message"] if field in ("", "non_field_errors") else f"{field}: {problem['message']}"
