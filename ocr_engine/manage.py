#!/usr/bin/env python
"""The engine's own manage.py: `python -m ocr_engine.manage migrate`."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "ocr_engine.settings"
    execute_from_command_line(sys.argv)
