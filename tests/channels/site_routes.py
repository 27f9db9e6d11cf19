"""The project's routes, and a shop's site that embeds the script: its page and its worker. The tests open it by another
host name than Sojourn's, so that it is another origin.
"""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.html import format_html

from config.urls import urlpatterns as project

PAGE = """<!doctype html><html lang="en"><title>Shop</title><h1>Shop</h1><div data-sojourn-place="top"></div>
<p style="height: 300vh">Shoes</p><script src="{}/static/sojourn/sojourn.js" data-key="{}"></script>"""


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(format_html(PAGE, request.GET["at"], request.GET["key"]))


WORKER = 'importScripts(new URL("/static/sojourn/sojourn.js", new URL(location).searchParams.get("sojourn")))'


def worker(request: HttpRequest) -> HttpResponse:
    return HttpResponse(WORKER, content_type="text/javascript")


urlpatterns = [*project, path("site/", page), path("sojourn-worker.js", worker)]
