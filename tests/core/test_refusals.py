"""Production refuses to start when it would be unsafe, and names each reason."""

from __future__ import annotations

import base64
import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from tests import forked, migrated
from tests.forked import ROOT

pytestmark = pytest.mark.timeout(240)
START = "import django; django.setup(); from network.core.refusals import refuse_if_unsafe; refuse_if_unsafe(); print('started')"


@pytest.fixture(scope="module")
def safe(tmp_path_factory):
    """An environment in which everything is as it should be."""
    folder, elsewhere = tmp_path_factory.mktemp("production"), tmp_path_factory.mktemp("checkpoints")
    environment = {
        **{k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL"}}, "DJANGO_SETTINGS_MODULE": "network.settings",
        "DEBUG": "0", "HTTPS": "1", "SECRET_KEY": secrets.token_urlsafe(60), "ALLOWED_HOSTS": "network.example.org",
        "FIELD_KEYS": base64.b64encode(secrets.token_bytes(32)).decode(), "VAR_DIR": str(folder), "CHECKPOINT_DIR": str(elsewhere),
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend", "LOG_LEVEL": "ERROR",
    }  # fmt: skip
    migrated.copy_to(folder / "network.sqlite3")
    shell(environment, "CrisisLine.objects.create(region='US', name='Line', phone='988', hours='always')")
    return environment


def shell(environment, code):
    said = f"import django; django.setup(); from network.partners.models import *; from network.accounts.models import User; {code}"
    done = forked.run(["-c", said], environment, 60)
    assert done.returncode == 0, done.stderr


def start(environment):
    done = forked.run(["-c", START], environment, 60)
    return done.returncode, done.stderr


def start_from_nothing(environment):
    """As an operator would."""
    done = subprocess.run([sys.executable, "-c", START], env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stderr


def test_a_safe_installation_starts(safe):
    assert start_from_nothing(safe) == (0, "")


WRONG = {
    "SECRET_KEY": ("short", "SECRET_KEY"),
    "FIELD_KEYS": (base64.b64encode(bytes(32)).decode(), "FIELD_KEYS"),
    "ALLOWED_HOSTS": ("*", "ALLOWED_HOSTS"),
    "HTTPS": ("0", "HTTPS"),
    "CHECKPOINT_DIR": ("var/checkpoints", "CHECKPOINT_DIR"),
    "EMAIL_BACKEND": ("django.core.mail.backends.console.EmailBackend", "EMAIL_BACKEND"),
    "REGIONS": ("GB", "REGIONS"),
}


@pytest.mark.parametrize("name", WRONG)
def test_one_unsafe_setting_is_enough_and_is_named(safe, name):
    value, word = WRONG[name]
    code, said = start({**safe, name: value})

    assert code == 78
    assert word in said
    assert said.count("\n  - ") == 1, said


def test_demo_accounts_are_refused(safe):
    shell(safe, "from network.core.clock import now; User.objects.create_user('x@demo.invalid', None, is_demo=True, joined_at=now())")
    code, said = start_from_nothing(safe)
    shell(safe, "User.objects.all().delete()")

    assert (code, "Demo accounts exist" in said) == (78, True)


def test_a_missing_trigger_is_refused(safe):
    shell(safe, "from django.db import connection; from network.core import triggers; triggers.remove(connection)")
    code, said = start(safe)
    shell(safe, "from django.db import connection; from network.core import triggers; triggers.install(connection)")

    assert (code, "triggers are missing" in said) == (78, True)
    assert Path(safe["CHECKPOINT_DIR"]).is_dir()
