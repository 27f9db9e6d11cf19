"""Who may call the API of the back office: people who work in it, by session and CSRF token, and have the right to."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView


class Needs(BasePermission):
    """Whoever works in the back office and has all the permissions that the view asks for the method."""

    def has_permission(self, request: Request, view: Any) -> bool:
        user = request.user
        needed = view.needs.get(request.method, view.sees)
        return bool(user and user.is_active and getattr(user, "is_staff", False) and user.has_perms(needed))


class OfficeView(APIView):
    """sees: permissions; needs: method → permissions instead of those."""

    permission_classes = [Needs]
    sees: tuple[str, ...]
    needs: dict[str, tuple[str, ...]] = {}
