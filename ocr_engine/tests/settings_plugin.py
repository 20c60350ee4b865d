"""A pytest plugin: the engine's environment, on the throw-away servers that config.stack started."""

import os
import tempfile

os.environ["DJANGO_SETTINGS_MODULE"] = "ocr_engine.settings"  # before conftest.py asks for it
os.environ["ENGINE_DATABASE_URL"] = os.environ["TEST_DATABASE_URL"].rsplit("/", 1)[0] + "/engine"
os.environ["ENGINE_REDIS_URL"] = os.environ["TEST_REDIS_URL"]
os.environ["ENGINE_DATA_DIR"] = tempfile.mkdtemp(prefix="engine-test-")
os.environ["ENGINE_OUTBOUND_HOSTS"] = "pharmacy.test,127.0.0.1:9"
os.environ["ENGINE_LOG_LEVEL"] = "CRITICAL"
