"""Routes of the API of saved templates."""

from django.urls import path

from channels import template_api

urlpatterns = [
    path("", template_api.TemplatesView.as_view(), name="templates"),
    path("<int:template_id>/", template_api.TemplateView.as_view(), name="template"),
]
