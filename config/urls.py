"""Routes of the whole project. Each app brings its own `urls.py`; this file only includes them."""

from django.contrib import admin
from django.urls import path
from django.views.generic import RedirectView

from config import health

urlpatterns = [
    path("", RedirectView.as_view(url="/admin/", permanent=False)),
    path("admin/", admin.site.urls),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
]
