"""Tracking links, under /t/ of the public address. The paths are made in tracking.py."""

from django.urls import path

from channels import views

app_name = "channels"
urlpatterns = [
    path("o/<str:token>.gif", views.opened, name="opened"),
    path("c/<str:token>/<str:target>", views.clicked, name="clicked"),
    path("u/<str:token>", views.unsubscribe, name="unsubscribe"),
]
