"""Settings of a variant that is wrong on purpose, so that each harness is seen to notice. Never used outside tests/faults."""

import os

from network.settings import *  # noqa: F403
from network.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.faults.broken.Broken"]
BROKEN = os.environ["BROKEN"]
