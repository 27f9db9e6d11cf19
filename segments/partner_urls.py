"""Routes by which partners upload lists."""

from django.urls import path

from segments import partner

urlpatterns = [
    path("lists/uploads", partner.UploadsView.as_view(), name="list-uploads"),
    path("lists/uploads/<uuid:upload_id>", partner.UploadView.as_view(), name="list-upload"),
    path("lists/uploads/<uuid:upload_id>/complete", partner.CompleteView.as_view(), name="list-upload-complete"),
    path("lists/uploads/<uuid:upload_id>/errors", partner.ErrorsView.as_view(), name="list-upload-errors"),
    path("lists/files/<str:token>", partner.file_view, name="list-file"),
]
