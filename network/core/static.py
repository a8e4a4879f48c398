"""Static files under names that carry their content's digest, modules that import each other included; and those of libraries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.staticfiles.finders import FileSystemFinder
from whitenoise.storage import CompressedManifestStaticFilesStorage

# Of the wheel's folder only Leaflet itself, and the pictures that its sheet names: its editors and widgets are not served.
LEAFLET = "leaflet/"
SERVED = frozenset({
    "leaflet/leaflet.js", "leaflet/leaflet.js.map", "leaflet/leaflet.css", "leaflet/images/layers.png", "leaflet/images/layers-2x.png",
    "leaflet/images/marker-icon.png",
})  # fmt: skip


class HashedStatic(CompressedManifestStaticFilesStorage):
    """`import "./x.js"` is rewritten too, so a module never loads another's old version."""

    support_js_module_import_aggregation = True


class LibraryFiles(FileSystemFinder):
    """Files of libraries whose own Django app is not installed, those that are needed."""

    def find(self, path: str, *args: Any, **options: Any) -> Any:
        return [] if path.startswith(LEAFLET) and path not in SERVED else super().find(path, *args, **options)

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[Any]:
        for path, storage in super().list(ignore_patterns):
            if f"{LEAFLET}{path}" in SERVED:
                yield path, storage
