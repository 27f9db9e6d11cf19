"""Routes of the journeys API."""

from django.urls import path, re_path

from journeys.api import documents, preview, rehearsals, reports, schema, shares, stats, testsends, why

_version = "journeys/<int:journey_id>/versions/<int:number>/"

urlpatterns = [
    path("journey-schema/", schema.SchemaView.as_view(), name="journey-schema"),
    path("journeys/", documents.JourneysView.as_view(), name="journeys"),
    path("journeys/palette/", documents.PaletteView.as_view(), name="journey-palette"),
    path("journeys/check/", documents.CheckView.as_view(), name="journey-check"),
    path("journeys/reports/", reports.ReportsView.as_view(), name="reports"),
    path("journeys/reports/<int:report_id>/", reports.ReportView.as_view(), name="report"),
    path("journeys/reports/<int:report_id>/file/", reports.ReportFileView.as_view(), name="report-file"),
    path("journeys/report-schedules/<int:schedule_id>/", reports.ScheduleView.as_view(), name="report-schedule"),
    path("journeys/import/", documents.ImportView.as_view(), name="journey-import"),
    path("journeys/preview/", preview.PreviewView.as_view(), name="message-preview"),
    path("journeys/rehearsals/", rehearsals.RehearsalsView.as_view(), name="rehearsals"),
    path("journeys/rehearsals/<int:rehearsal_id>/", rehearsals.RehearsalView.as_view(), name="rehearsal"),
    path("journeys/<int:journey_id>/", documents.JourneyPage.as_view(), name="journey"),
    path("journeys/<int:journey_id>/why/", why.WhyView.as_view(), name="journey-why"),
    path(_version, documents.VersionView.as_view(), name="version"),
    path(_version + "outlook/", documents.OutlookView.as_view(), name="version-outlook"),
    path(_version + "stats/nodes/", stats.NodeStatsView.as_view(), name="node-stats"),
    path(_version + "stats/nodes/<int:node>/paths/", stats.PathsView.as_view(), name="path-stats"),
    path(_version + "stats/journey/", stats.JourneyStatsView.as_view(), name="journey-stats"),
    path(_version + "stats/engagement/", stats.EngagementStatsView.as_view(), name="engagement-stats"),
    path(_version + "tests/", testsends.TestSendsView.as_view(), name="test-sends"),
    path(_version + "nodes/<int:node>/shares/", shares.SharesView.as_view(), name="node-shares"),
    path(_version + "moves/<str:move>/", documents.MoveView.as_view(), name="version-move"),
    re_path(
        r"^journeys/(?P<journey_id>\d{1,9})/versions/(?P<number>\d{1,4})/export\.(?P<form>yaml|json)$",
        documents.ExportView.as_view(),
        name="version-export",
    ),
]
