"""Examples for the OpenAPI file, of organisations that do not exist."""

from __future__ import annotations

from typing import Any

ID = "6f1b1a52-3f0e-4b7e-9d0c-0000000001{:02x}".format
AT = "2026-03-02T09:30:00Z"
ORGANIZATION: dict[str, Any] = {
    "id": ID(1), "name": "Harbour House", "alternate_name": "", "description": "Advice and company by the harbour.", "email": "",
    "website": "https://example.org", "time_zone": "America/Boise", "is_convening": False, "on_network": True, "version": 3,
}  # fmt: skip
BRIEF = {"id": ID(1), "name": "Harbour House"}
OTHER = {"id": ID(2), "name": "Quayside Advice"}
HOURS: dict[str, Any] = {
    "weekly": [{"byday": ["MO", "TU"], "opens_at": "09:00:00", "closes_at": "17:00:00"}], "holidays": ["2026-12-25"],
    "time_zone": "America/Boise",
}  # fmt: skip
LOCATION: dict[str, Any] = {
    "id": ID(3), "organization": ID(1), "name": "Front desk", "address_1": "1 Quay Road", "address_2": "", "city": "Northside",
    "state_province": "ID", "postal_code": "83000", "country": "US", "latitude": 45.1, "longitude": -116.2, "is_confidential": False,
}  # fmt: skip
TERM = {"scheme": "need", "code": "housing-support", "label": "Housing support", "domain": "housing", "kind": "both"}
SERVICE: dict[str, Any] = {
    "id": ID(4), "organization": BRIEF, "on_network": True, "name": "Housing advice", "description": "", "status": "active",
    "terms": [TERM], "languages": ["ar"], "phones": [], "locations": [LOCATION], "application_process": "", "eligibility_description": "",
    "fees_description": "", "is_free": True, "minimum_age": 18, "maximum_age": None, "takes_self_referrals": True,
    "by_agreement_only": False, "places": 4, "places_as_of": AT, "wait_days": None, "assured_on": "2026-02-20", "kilometres": None,
    "version": 2,
}  # fmt: skip
CAPACITY = {"id": ID(5), "service": ID(4), "available": 4, "maximum": None, "expected_wait_days": None, "basis": "stated", "as_of": AT}
AGREEMENT: dict[str, Any] = {
    "id": ID(6), "from_organization": OTHER, "to_organization": BRIEF, "service": None, "since": "2026-01-01", "until": None,
    "conditions": "", "version": 1,
}  # fmt: skip
AGREEMENT_SAID = {"from_organization": ID(2), "to_organization": ID(1)}
PLACE = {"id": ID(7), "name": "Northside", "region": "ID", "country": "US", "latitude": 45.0, "longitude": -116.0}
CRISIS_LINE: dict[str, Any] = {
    "region": "US", "name": "988 Suicide & Crisis Lifeline", "phone": "988", "text_number": "988", "text_keyword": "",
    "chat_url": "https://988lifeline.org/chat/", "hours": "daily 9 to 21",
    "weekly": [{"byday": "MO,TU,WE,TH,FR,SA,SU", "opens_at": "09:00", "closes_at": "21:00"}], "time_zone": "America/Boise",
    "languages": ["en", "es"], "about": "",
}  # fmt: skip
CLAIM: dict[str, Any] = {
    "id": ID(8), "organization": BRIEF, "asked_by": "head@example.org", "evidence": "I am named on its page.", "state": "asked",
    "created_at": AT, "decided_at": None, "version": 1,
}  # fmt: skip
AREA: dict[str, Any] = {
    "id": ID(9), "code": "16001", "name": "Ada", "region": "ID", "latitude": 43.45, "longitude": -116.24, "population": 469966,
    "is_simulated": False, "version": 1,
}  # fmt: skip
ONE_AREA: dict[str, Any] = AREA | {
    "figures": [{
        "figure": "distress", "label": "Adults with 14 or more days of poor mental health a month", "unit": "percent of adults",
        "value": 12.1, "low": 10.8, "high": 13.5, "source": "CDC PLACES", "years": "2018–20",
    }],
}  # fmt: skip
SHAPES: dict[str, Any] = {
    "type": "FeatureCollection",
    "features": [{
        "type": "Feature", "id": ID(9), "properties": {"code": "16001", "name": "Ada", "region": "ID"},
        "geometry": {"type": "Polygon", "coordinates": [[[-116.5, 43.1], [-115.9, 43.1], [-115.9, 43.8], [-116.5, 43.1]]]},
    }],
}  # fmt: skip
