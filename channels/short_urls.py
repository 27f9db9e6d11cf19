"""Short links, under /s/ of the public address. The paths are made in tracking.py."""

from django.urls import path

from channels import views

urlpatterns = [path("<str:token>", views.followed, name="short-link")]
