"""`check --deploy` as production would be set: nothing may be found."""

from __future__ import annotations

import base64
import os
import secrets
import subprocess
import sys
import tempfile

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ, "DEBUG": "0", "SECRET_KEY": secrets.token_urlsafe(60), "HTTPS": "1", "ALLOWED_HOSTS": "network.example.org",
            "FIELD_KEYS": base64.b64encode(secrets.token_bytes(32)).decode(), "VAR_DIR": folder, "LOG_LEVEL": "ERROR",
        }  # fmt: skip
        command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
        raise SystemExit(subprocess.run(command, env=environment, check=False).returncode)
