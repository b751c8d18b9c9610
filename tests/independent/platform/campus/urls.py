"""Theirs below /api/, as edx-platform includes it; ours beside it."""

from django.urls import include, path

from campus import views

urlpatterns = [
    path("api/", include("lti_consumer.plugin.urls", namespace="lti_consumer")),
    path("unit/<str:username>/<path:usage_key>", views.unit),
    path("studio/<str:username>/<path:usage_key>", views.studio),
    path("control/courses", views.courses),
    path("control/enrol/<path:usage_key>", views.enrol),
    path("control/stamps/<path:usage_key>", views.stamps),
    path("control/blocks/<path:usage_key>", views.block),
]
