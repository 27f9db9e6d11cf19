"""Routes of the partner API that are about messages, under /1/."""

from django.urls import path

from channels import api

urlpatterns = [
    path("messages", api.MessagesView.as_view(), name="messages"),
    path("messages/ack", api.AcksView.as_view(), name="messages-ack"),
]
