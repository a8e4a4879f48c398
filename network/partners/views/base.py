"""What every view of the directory shares."""

from __future__ import annotations

from network.accounts.permissions import Anyone
from network.core.api import Resource


class DirectoryResource(Resource):
    """The public directory: anyone may read it."""

    permission_classes = [Anyone]
    read_scope, write_scope = "directory.read", "directory.write"
    rate_name = "directory"
