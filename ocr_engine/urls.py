from django.urls import path

from ocr_engine.api import views

urlpatterns = [
    path("health/", views.health, name="health"),
    path("v1/jobs", views.jobs, name="jobs"),
    path("v1/jobs/<uuid:job_id>", views.job, name="job"),
    path("v1/jobs/<uuid:job_id>/result", views.result, name="result"),
]
handler404 = "ocr_engine.api.errors.not_found"
handler500 = "ocr_engine.api.errors.server_error"
