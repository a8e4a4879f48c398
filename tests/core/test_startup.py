"""A web process begins with what it serves, and nothing that only an import or a report needs."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.servers import ROOT

HEAVY = ("scipy", "networkx", "shapely", "ijson")
CODE = "import sys, network.asgi, network.urls; print('HEAVY', *(name for name in sys.argv[1:] if name in sys.modules))"


def test_a_web_process_loads_no_library_of_the_measures(tmp_path):
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "network.settings", "VAR_DIR": str(tmp_path), "DEBUG": "1"}
    done = subprocess.run(
        [sys.executable, "-c", CODE, *HEAVY], env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )

    assert "HEAVY" in done.stdout, done.stderr[-2000:]
    assert done.stdout.split("HEAVY")[1].split() == []
