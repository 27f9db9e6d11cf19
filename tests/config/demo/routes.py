"""The project's routes with those of the demo, as they are while it runs."""

from django.urls import include, path

from config.urls import urlpatterns as project

urlpatterns = [*project, path("demo/", include("config.demo.urls"))]
