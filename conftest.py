"""Fixtures for every test. The servers themselves are started earlier, by config.stack.pytest_plugin."""

pytest_plugins = ["tests.stack.databases", "tests.stack.processes", "tests.stack.collection"]
