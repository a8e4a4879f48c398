"""The environment of a test run, set before Django reads its settings: throw-away keys, a fast hash, a folder of its own."""

import base64
import os
import pathlib
import tempfile

os.environ.setdefault("DEBUG", "1")
os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "x" * 50)
os.environ.setdefault("FIELD_KEYS", base64.b64encode(bytes(range(32))).decode())
os.environ.setdefault("VAR_DIR", tempfile.mkdtemp(prefix="network-tests-"))
os.environ.setdefault("LOG_LEVEL", "WARNING")

pathlib.Path(os.environ["VAR_DIR"], "static").mkdir(parents=True, exist_ok=True)
