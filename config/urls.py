"""Routes of the whole project. Each app brings its own `urls.py`; this file only includes them."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from config import health, home, notices

urlpatterns = [
    path("", RedirectView.as_view(url="/admin/", permanent=False)),
    path("admin/figures/", admin.site.admin_view(home.figures), name="figures"),
    path("admin/notices/", admin.site.admin_view(notices.page), name="notices"),
    path("admin/", admin.site.urls),
    path("1/", include("profiles.urls")),
    path("1/", include("channels.partner_urls")),
    path("1/", include("segments.partner_urls")),
    path("t/", include("channels.urls")),
    path("s/", include("channels.short_urls")),
    path("api/segments/", include("segments.urls")),
    path("api/templates/", include("channels.template_urls")),
    path("api/", include("journeys.urls")),
    path("api/schema/", SpectacularAPIView.as_view(permission_classes=[]), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(url_name="schema", permission_classes=[]), name="docs"),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
]
if settings.DEMO:
    urlpatterns.append(path("demo/", include("config.demo.urls")))
