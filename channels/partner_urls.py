"""Routes of the partner API that are about messages, under /1/."""

from django.urls import path

from channels import api, visitors

urlpatterns = [
    path("messages", api.MessagesView.as_view(), name="messages"),
    path("messages/ack", api.AcksView.as_view(), name="messages-ack"),
    path("web/<str:key>/events", visitors.VisitorEventsView.as_view(), name="web-events"),
    path("web/<str:key>/messages", visitors.VisitorMessagesView.as_view(), name="web-messages"),
    path("web/<str:key>/messages/ack", visitors.VisitorAcksView.as_view(), name="web-acks"),
    path("web/<str:key>/identity", visitors.VisitorIdentityView.as_view(), name="web-identity"),
    path("web/<str:key>/push", visitors.VisitorPushView.as_view(), name="web-push"),
]
