"""Pages of the demo, under /demo/. Only there when the demo runs."""

from django.urls import path

from config.demo import views

app_name = "demo"
urlpatterns = [
    path("mailbox/", views.mails, name="mails"),
    path("mailbox/<str:mail_id>/", views.mail, name="mail"),
    path("mailbox/<str:mail_id>/do/", views.act, name="act"),
    path("visitor/<str:object_id>/", views.visitor, name="visitor"),
    path("shop/", views.shop, name="shop"),
    path("shop/<slug:slug>/", views.shop, name="product"),
]
