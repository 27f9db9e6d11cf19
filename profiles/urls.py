"""Routes of the partner API."""

from django.urls import path

from profiles import api

urlpatterns = [
    path("upload", api.UploadView.as_view(), name="upload"),
    path("subscription", api.SubscriptionView.as_view(), name="subscription"),
    path("profile", api.ProfileView.as_view(), name="profile"),
    path("merge", api.MergeView.as_view(), name="merge"),
]
