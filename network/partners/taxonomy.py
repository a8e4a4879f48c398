"""The network's own terms, from one CSV; loading them again changes nothing."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"
LANGUAGES = {
    "en": "English", "es": "Spanish", "ar": "Arabic", "zh": "Chinese", "fr": "French", "so": "Somali", "uk": "Ukrainian",
    "vi": "Vietnamese", "ase": "American Sign Language",
}  # fmt: skip
ACCESS = {
    "step-free": "Step-free", "evenings": "Open in the evening", "weekends": "Open at weekends", "online": "Online",
    "phone": "By phone", "home-visits": "Visits at home", "interpreter": "Interpreter",
}  # fmt: skip


def terms() -> Iterator[dict[str, Any]]:
    """Each term as column values of TaxonomyTerm."""
    with (DATA / "needs_services.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            others = {name: row[name] for name in ("hl7_service_type", "hl7_relation", "gravity_category", "icd10cm") if row[name]}
            yield {
                "scheme": "need", "code": row["code"], "label": row["label"], "domain": row["domain"], "kind": row["kind"],
                "attributes": others,
            }  # fmt: skip
    for scheme, labels in (("language", LANGUAGES), ("access", ACCESS)):
        for code, label in labels.items():
            yield {"scheme": scheme, "code": code, "label": label}


def load_terms(model: Any) -> None:
    """Add the terms that are missing. `model` is TaxonomyTerm, or its stand-in of a migration."""
    present = set(model.objects.values_list("scheme", "code"))
    model.objects.bulk_create(model(**term) for term in terms() if (term["scheme"], term["code"]) not in present)
