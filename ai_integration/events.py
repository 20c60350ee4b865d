"""The one thing that runs up the house (docs/adr/0101-one-signal-upward.md)."""

from django.dispatch import Signal

__all__ = ["ocr_job_finished"]

#: Sent once for each ending of a job, inside the transaction that ends it: `job_id` (UUID), `kind`, `status`
#: (succeeded, partial, failed, cancelled). A receiver sets a status and enqueues, nothing else; if it raises, the job
#: has not ended. A job that is sent again after it failed ends again, and says so again.
ocr_job_finished = Signal()
