"""Routes of the journeys API."""

from django.urls import path

from journeys import api

urlpatterns = [
    path("journey-schema/", api.SchemaView.as_view(), name="journey-schema"),
]
