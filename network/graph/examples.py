"""Examples for the OpenAPI file, of a region that does not exist."""

from __future__ import annotations

from typing import Any

ID = "6f1b1a52-3f0e-4b7e-9d0c-0000000007{:02x}".format
AT = "2026-03-02T06:00:00Z"
NEED = {"type": "need", "id": ID(2), "name": "Counselling"}
AREA = {"type": "area", "id": ID(3), "name": "Eastfield"}
SERVICE = {"type": "service", "id": ID(4), "name": "Harbour Counselling"}
GAP: dict[str, Any] = {
    "id": "g-0123456789abcdef", "kind": "bottleneck", "variant": "", "subject": [AREA, NEED], "unit": "people/month", "people": 70.0,
    "low": 20.0, "high": 120.0, "is_few": False, "certainty": "firm", "basis": "inferred", "recorded": 58,
    "sentence": "Eastfield needs 320 places a month: Counselling. All services open there together offer 250 places.", "simulated": True,
    "evidence": [
        {"what": "service", "ref": SERVICE, "count": 250.0, "low": 230.0, "high": 280.0, "basis": "inferred", "years": "",
         "sentence": "Harbour Counselling: 250 places a month (230 to 280; inferred from what was accepted)."},
    ],
    "action": {"verb": "add-places", "subject": [SERVICE], "gain": 70.0, "bound": None,
               "sentence": "Up to 70 more places a month at Harbour Counselling would all be used."},
}  # fmt: skip
REPORT: dict[str, Any] = {
    "state": "ready", "preparing": False, "months": ["2026-03", "2026-02"], "id": ID(1), "revision": 18211, "as_of": AT,
    "changes_since": 41, "window_days": 365, "simulated": True,
    "totals": {"partners": 42, "services": 126, "zones": 480, "agreements": 120, "sent": 6800, "accepted": 4900, "declined": 1100,
               "expired": 420, "completed": 3900, "recorded": 310, "need": [410.0, 520.0, 690.0], "places": [430.0, 480.0, 560.0],
               "unmet": [20.0, 70.0, 190.0]},
    "indicators": {"partners": 42, "reciprocity": 0.15},
    "too_little": [{"code": "no-ties", "words": "No partnerships recorded yet."}],
    "settings": {"window_days": 365, "help_share": [0.01, 0.03, 0.08]}, "counts": {"shortages": 31, "frictions": 17},
    "assumptions": [
        {"name": "help_share", "words": "Share of adults in distress who look for help in a month.", "low": 0.01, "point": 0.03,
         "high": 0.08, "changeable": True},
        {"name": "distress-is-counselling", "words": "Distress stands for the need for counselling. Other needs count only who asked for "
         "them.", "low": None, "point": None, "high": None, "changeable": False},
    ],
    "sources": [{"figure": "population", "label": "Population", "source": "CDC PLACES and SVI", "years": "2018–20"}],
}  # fmt: skip
ASSUMPTIONS = {"help_share": [0.01, 0.02, 0.05], "clinician_places": [2, 4, 8]}
WANTED = {"settings": "0f1e2d3c4b5a69788796a5b4", "state": "wanted"}
LAYERS: dict[str, Any] = {
    "report": ID(1), "revision": 18211, "simulated": True,
    "areas": [{"area": AREA, "need": NEED, "people": [250.0, 320.0, 400.0], "unmet": [20.0, 70.0, 120.0], "per_10000": 11.2, "access": 0.4,
               "usual": 0.9, "asked": 210, "recorded": 58}],
    "partners": [{"id": ID(5), "name": "Harbour House", "latitude": 45.06, "longitude": -116.0, "cut_off": 42.0}],
    "ties": [{"from": ID(3), "to": ID(6), "sent": 120, "accepted": 80, "is_few": False}],
}  # fmt: skip
TIE: dict[str, Any] = {
    "partner": {"id": ID(5), "name": "Harbour House"}, "need": {"id": ID(2), "name": "Counselling"}, "sent": 40, "accepted": 30,
    "declined": 6, "expired": 4, "completed": 22, "silent": 3, "is_few": False,
}  # fmt: skip
PARTNER: dict[str, Any] = {
    "organization": {"id": ID(6), "name": "Quayside Advice"}, "sends_to": [TIE], "receives_from": [TIE],
    "agreements": [{"partner": {"id": ID(5), "name": "Harbour House"}, "is_from_here": True, "since": "2025-03-01"}], "gaps": [GAP],
}  # fmt: skip
