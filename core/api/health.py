"""Health endpoints: the process, and what it stands on."""

from collections.abc import Callable

import redis
import requests
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse

_TIMEOUT_SECONDS = 1


def health(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> JsonResponse:
    """503 only without the database or its migrations; the rest is listed as ok or degraded."""
    required = {"database": _probe(_database), "migrations": _probe(_migrations)}
    others = {"broker": _probe(_broker), "storage": _probe(_storage), "engine": _probe(_engine)}
    fine = all(state == "ok" for state in required.values())
    body = {"status": "ok" if fine else "unavailable", "checks": required | others}
    headers = {} if fine else {"Retry-After": "5"}
    return JsonResponse(body, status=200 if fine else 503, headers=headers)


def _probe(check: Callable[[], bool]) -> str:
    try:
        return "ok" if check() else "degraded"
    except (DatabaseError, OSError, redis.RedisError, requests.RequestException):
        return "degraded"


def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone() == (1,))


def _migrations() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _broker() -> bool:
    client = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=_TIMEOUT_SECONDS)
    try:
        return bool(client.ping())
    finally:
        client.close()


def _storage() -> bool:
    default_storage.exists("health")
    return True


def _engine() -> bool:
    if not settings.AI_ENGINE_URL:
        return False
    answer = requests.get(f"{settings.AI_ENGINE_URL}/health/", timeout=_TIMEOUT_SECONDS)
    return answer.ok
