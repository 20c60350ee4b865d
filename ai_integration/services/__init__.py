"""The gateway's verbs."""

from ai_integration.services.jobs import cancel_job, retry_job, submit_job
from ai_integration.services.recovery import advance, forget_old_callbacks, sweep_jobs
from ai_integration.services.results import Received, receive_callback, receive_result

__all__ = [
    "Received",
    "advance",
    "cancel_job",
    "forget_old_callbacks",
    "receive_callback",
    "receive_result",
    "retry_job",
    "submit_job",
    "sweep_jobs",
]
