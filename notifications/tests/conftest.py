import pytest

from notifications.tasks import send_alert_mail


@pytest.fixture
def worker(monkeypatch, django_capture_on_commit_callbacks):
    """Tasks run when the block ends, as a worker would."""
    monkeypatch.setattr("core.tasks._publish", lambda task, args: task.apply(args=args, throw=True))
    monkeypatch.setattr(
        send_alert_mail, "delay", lambda user_id: send_alert_mail.apply((user_id,), throw=True)
    )
    return lambda: django_capture_on_commit_callbacks(execute=True)
