"""Users, roles and the schedule, in the back office's style."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django_celery_beat import models as beat
from django_celery_beat.admin import PeriodicTaskAdmin  # noqa: F401 (registers what is replaced below)
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from config.access import ROLES
from config.lib.admin import ReadOnly
from journeys import upcoming
from journeys.engine import account

COMING = 5  # of what the clock will do with journeys, on the page of the schedule

for model in (
    User,
    Group,
    beat.PeriodicTask,
    beat.IntervalSchedule,
    beat.CrontabSchedule,
    beat.SolarSchedule,
    beat.ClockedSchedule,
):
    admin.site.unregister(model)


@admin.register(User)
class PersonAdmin(UserAdmin, ModelAdmin):
    """Who may sign in. What they may do comes from their roles; only a superuser makes a superuser, or touches one."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "full_name", "email", "roles", "is_active", "last_login")
    list_filter = ("groups", "is_active", "is_superuser")
    ordering = ("username",)
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Access", {"fields": ("is_active", "is_superuser", "groups")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("username", "usable_password", "password1", "password2", "groups")}),
    )
    readonly_fields = ("last_login", "date_joined")
    filter_horizontal = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    @display(description="name")
    def full_name(self, user: User) -> str:
        return user.get_full_name()

    @display(description="roles", label=True)
    def roles(self, user: User) -> list[str]:
        return ["superuser"] if user.is_superuser else [group.name for group in user.groups.all()] or ["none"]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        return self.readonly_fields if request.user.is_superuser else (*self.readonly_fields, "is_superuser")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and _may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return request.user.is_superuser and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Whoever is added here is added to use the back office."""
        if not change:
            obj.is_staff = True
        super().save_model(request, obj, form, change)


def _may_touch(request: HttpRequest, user: User | None) -> bool:
    return request.user.is_superuser or not getattr(user, "is_superuser", False)


@admin.register(Group)
class RoleAdmin(GroupAdmin, ModelAdmin):
    """What each role may do. The four that Sojourn brings are renewed at every update, so they are only looked at."""

    list_display = ("name", "people")
    readonly_fields = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        return super().get_queryset(request).annotate(people=Count("user"))

    @display(description="people", ordering="people")
    def people(self, group: Any) -> int:
        return group.people

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return super().has_change_permission(request, obj) and getattr(obj, "name", None) not in ROLES

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return super().has_delete_permission(request, obj) and getattr(obj, "name", None) not in ROLES


class Written(ReadOnly, ModelAdmin):
    """Rows that the program writes; people look."""


@admin.register(beat.PeriodicTask)
class ScheduleAdmin(Written):
    """What beat fires, and when it last did. It is kept in line with the settings at every start of beat."""

    list_display = ("name", "task", "scheduler", "explained", "enabled", "last_run_at", "total_run_count")
    list_filter = ("enabled",)
    search_fields = ("name", "task")
    list_select_related = ("interval", "crontab", "solar", "clocked")
    fields = (
        "name", "task", "interval", "crontab", "explained", "enabled", "expire_seconds", "last_run_at",
        "total_run_count",
    )  # fmt: skip

    @display(description="What comes next")
    def explained(self, task: beat.PeriodicTask) -> str:
        """What a task will do, as far as that is planned."""
        if task.task != "journeys.clock":
            return "does what is there to do, each time"
        coming = upcoming.soonest(now=timezone.now(), tz=account.current().zone, most=COMING)
        return format_html_join(mark_safe("<br>"), "{}", ((it,) for it in coming)) or "nothing is planned"


admin.site.register(beat.IntervalSchedule, Written)
admin.site.register(beat.CrontabSchedule, Written)
