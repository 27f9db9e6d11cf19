"""Routes of the segments API."""

from django.urls import path

from segments import api

app_name = "segments"
urlpatterns = [
    path("", api.SegmentsView.as_view(), name="segments"),
    path("names/", api.NamesView.as_view(), name="names"),
    path("count/", api.CountView.as_view(), name="count"),
    path("cancel/", api.CancelView.as_view(), name="cancel"),
    path("check/", api.CheckView.as_view(), name="check"),
    path("samples/", api.SamplesView.as_view(), name="samples"),
    path("schema/", api.SchemaView.as_view(), name="schema"),
    path("<int:segment_id>/", api.SegmentView.as_view(), name="segment"),
    path("<int:segment_id>/history/", api.HistoryView.as_view(), name="history"),
    path("<int:segment_id>/explain/", api.ExplainView.as_view(), name="explain"),
]
