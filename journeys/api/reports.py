"""Reports over the API: asked for, followed, fetched, deleted. People see their own."""

from typing import Any

from django.http import FileResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from journeys.api.access import JourneyView, who
from journeys.engine import account
from journeys.errors import JourneyError
from journeys.models import Report, ReportForm, ReportSchedule
from journeys.reports import MOST_JOURNEYS, asking, making, reading


class GivenReport(serializers.Serializer[Any]):
    """What a report is to be about. `every`: left out, it is made once, now; else it comes each day or week, about the
    versions that are live then, and days and versions are not looked at.
    """

    name = serializers.CharField(max_length=100)
    form = serializers.ChoiceField(ReportForm.choices, default=ReportForm.SUMMARY)
    journeys = serializers.ListField(child=serializers.IntegerField(min_value=1), max_length=MOST_JOURNEYS)
    versions = serializers.ListField(
        child=serializers.IntegerField(min_value=1), max_length=1000, default=list, help_text="Ids; empty: all."
    )
    first = serializers.DateField(default=None, allow_null=True)
    last = serializers.DateField(default=None, allow_null=True)
    every = serializers.ChoiceField(ReportSchedule.Every.choices, default=None, allow_null=True)
    hour = serializers.IntegerField(default=8, min_value=0, max_value=23)
    weekday = serializers.IntegerField(default=0, min_value=0, max_value=6, help_text="0 is Monday.")


class ReportsView(JourneyView):
    """One's reports and schedules."""

    @extend_schema(operation_id="reports", summary="Reports and schedules", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        return Response(
            {
                "reports": [_report(it) for it in reading.reports(who(request))[: reading.MOST_SHOWN]],
                "schedules": [_schedule(it) for it in reading.schedules(who(request))],
            }
        )

    @extend_schema(
        operation_id="report_ask",
        summary="Ask for a report, or plan one",
        request=GivenReport,
        responses={202: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request) -> Response:
        serializer = GivenReport(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        wish = {"name": given["name"], "form": given["form"], "journey_ids": given["journeys"], "by": who(request)}
        now = timezone.now()
        if given["every"]:
            when = {key: given[key] for key in ("every", "hour", "weekday")}
            return Response(_schedule(asking.plan(**wish, **when, now=now, zone=account.current().zone)), status=201)
        days = {"first": given["first"], "last": given["last"]}
        return Response(_report(asking.ask(**wish, **days, version_ids=given["versions"], now=now)), status=202)


class ReportView(JourneyView):
    """One report."""

    @extend_schema(operation_id="report", summary="How a report is getting on", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, report_id: int) -> Response:
        return Response(_report(_mine(request, report_id)))

    @extend_schema(operation_id="report_delete", summary="Delete a report", request=None, responses={204: None})
    def delete(self, request: Request, report_id: int) -> Response:
        making.delete(_mine(request, report_id))
        return Response(status=204)


class ReportFileView(JourneyView):
    """A report's file."""

    @extend_schema(operation_id="report_file", summary="The CSV file", responses={200: OpenApiTypes.BINARY})
    def get(self, request: Request, report_id: int) -> FileResponse:
        return reading.file_of(who(request), report_id, now=timezone.now())


class ScheduleView(JourneyView):
    """One schedule."""

    @extend_schema(operation_id="report_unplan", summary="Delete a schedule", request=None, responses={204: None})
    def delete(self, request: Request, schedule_id: int) -> Response:
        schedule = reading.schedules(who(request)).filter(pk=schedule_id).first()
        if schedule is None:
            raise JourneyError(f"You have no schedule {schedule_id}.", code="not_found")
        schedule.delete()
        return Response(status=204)


def _mine(request: Request, report_id: int) -> Report:
    report = reading.report_of(who(request), report_id)
    if report is None:
        raise JourneyError(f"You have no report {report_id}.", code="not_found")
    return report


def _report(report: Report) -> dict[str, Any]:
    names = (
        "id", "name", "form", "state", "done", "total", "rows", "error", "first", "last", "created_at", "finished_at",
        "expires_at",
    )  # fmt: skip
    lists = {"journeys": report.journey_ids, "versions": report.version_ids, "schedule": report.schedule_id}
    return {name: getattr(report, name) for name in names} | lists


def _schedule(schedule: ReportSchedule) -> dict[str, Any]:
    names = ("id", "name", "form", "every", "hour", "weekday", "next_at")
    return {name: getattr(schedule, name) for name in names} | {"journeys": schedule.journey_ids}
