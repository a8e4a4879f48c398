"""Names of a region that does not exist: towns, organisations, and what each of them offers."""

from __future__ import annotations

from typing import Any

# name, north-south and east-west of the region's middle in degrees
TOWNS: tuple[tuple[str, float, float], ...] = (
    ("Northside", 0.06, 0.00), ("Southgate", -0.07, 0.02), ("Eastfield", 0.01, 0.11), ("Westmoor", 0.00, -0.12), ("Harbour", -0.02, -0.03),
    ("Old Mill", 0.12, 0.09), ("Cedar Flat", 0.21, -0.15), ("Long Valley", 0.35, 0.20), ("Bridgeton", -0.18, 0.14), ("Ferry Point", -0.25, -0.20),
    ("High Prairie", 0.42, -0.31), ("Lakeside", 0.15, 0.33), ("Stonebridge", -0.11, 0.27), ("Quarry Hill", -0.31, 0.05), ("Willow Creek", 0.28, 0.02),
    ("Pine Ridge", 0.48, 0.11), ("Sandy Bend", -0.40, -0.08), ("Orchard", -0.05, -0.29), ("Meadow", 0.08, -0.22), ("Riverside", -0.14, -0.11),
    ("Upper Fork", 0.55, -0.05), ("Dry Wells", -0.52, 0.22), ("Clear Springs", 0.18, -0.40), ("Junction", -0.22, 0.38),
)  # fmt: skip
CENTRE = (45.00, -116.00)

# name, town, kinds of need it meets, size: 3 is asked most
ORGANIZATIONS: tuple[tuple[str, str, tuple[str, ...], int], ...] = (
    ("Quayside Advice", "Harbour", ("housing-support", "benefits-advice", "money-advice", "utilities"), 3),
    ("Harbour House", "Northside", ("housing-support", "homelessness", "emergency-accommodation", "counselling"), 3),
    ("Northside Counselling", "Northside", ("counselling", "bereavement", "trauma-counselling"), 2),
    ("Peer Bridge", "Southgate", ("peer-support", "peer-group", "self-help", "recovery-education"), 2),
    ("Eastfield Centre", "Eastfield", ("community-activity", "loneliness", "befriending"), 2),
    ("Open Door Crisis House", "Harbour", ("crisis-house", "crisis-counselling", "crisis-team"), 2),
    ("Westmoor Wellbeing", "Westmoor", ("talking-therapy", "stress", "self-help"), 2),
    ("County Mental Health Team", "Northside", ("mental-health-assessment", "mental-health-case-management", "crisis-team"), 3),
    ("Lantern Women's Aid", "Southgate", ("domestic-abuse", "refuge", "victim-support"), 1),
    ("Common Table", "Old Mill", ("food", "clothing-household", "community-activity"), 2),
    ("Fresh Start Work", "Bridgeton", ("employment", "learning", "digital-skills"), 2),
    ("Voices Advocacy", "Harbour", ("mental-health-advocacy", "legal-advice", "discrimination"), 1),
    ("New Neighbours", "Southgate", ("migrant-refugee", "interpreting", "learning"), 2),
    ("Young Minds Project", "Lakeside", ("youth-mental-health", "counselling", "community-activity"), 2),
    ("First Steps Families", "Eastfield", ("perinatal-mental-health", "parenting", "family-therapy"), 2),
    ("Carers' Circle", "Riverside", ("carer-support", "respite", "peer-group"), 1),
    ("Steady Hands Recovery", "Quarry Hill", ("alcohol-drug-counselling", "alcohol-drug-group", "harm-reduction"), 2),
    ("Long Valley Outreach", "Long Valley", ("housing-support", "transport", "benefits-advice"), 1),
    ("Silver Threads", "Orchard", ("older-mental-health", "befriending", "loneliness"), 1),
    ("Green Gym", "Meadow", ("physical-activity", "community-activity", "loneliness"), 1),
    ("Ferry Point Community Hub", "Ferry Point", ("community-activity", "money-advice", "digital-access"), 1),
    ("Cedar Counselling", "Cedar Flat", ("counselling", "relationship-counselling", "bereavement"), 1),
    ("Veterans' Anchor", "Stonebridge", ("veterans", "trauma-counselling", "housing-support"), 1),
    ("Through the Gate", "Bridgeton", ("leaving-prison", "employment", "homelessness"), 1),
    ("Debt Lifeline", "Westmoor", ("money-advice", "utilities", "benefits-advice"), 2),
    ("Creative Minds Studio", "Old Mill", ("creative-group", "peer-group", "recovery-education"), 1),
    ("Safe Harbour Trauma Centre", "Harbour", ("sexual-violence", "trauma-counselling", "victim-support"), 1),
    ("Many Tongues", "Northside", ("interpreting", "culturally-tailored-group", "counselling"), 1),
    ("Rural Roots", "High Prairie", ("peer-group", "transport", "loneliness"), 1),
    ("Lakeside Family Centre", "Lakeside", ("parenting", "family-therapy", "respite"), 1),
    ("Nourish", "Willow Creek", ("eating-support", "self-help", "peer-group"), 1),
    ("Homeward", "Riverside", ("homelessness", "supported-living", "housing-support"), 2),
    ("Mind the Gap Learning", "Junction", ("recovery-education", "learning", "health-literacy"), 1),
    ("Pine Ridge Clinic", "Pine Ridge", ("mental-health-assessment", "talking-therapy", "older-mental-health"), 1),
    ("Good Listeners", "Sandy Bend", ("telephone-counselling", "befriending", "bereavement"), 1),
    ("Step Free Access", "Meadow", ("transport", "digital-access", "carer-support"), 1),
    ("Bridgeton Law Centre", "Bridgeton", ("legal-advice", "benefits-advice", "discrimination"), 1),
    ("Second Chance Furniture", "Dry Wells", ("clothing-household", "housing-repair", "employment"), 1),
    ("Upper Fork Peer Network", "Upper Fork", ("peer-support", "self-help", "community-activity"), 1),
    ("Clear Springs Rehabilitation", "Clear Springs", ("community-rehabilitation", "supported-living", "alcohol-drug-group"), 1),
    ("Gamble Free", "Junction", ("gambling", "money-advice", "peer-group"), 1),
    ("Stonebridge Food Share", "Stonebridge", ("food", "utilities", "community-activity"), 1),
)  # fmt: skip
CONVENING = "County Partnership for Mental Health"

# What the first referrals need, by how often it is asked for.
WANTED: tuple[tuple[str, int], ...] = (
    ("housing-support", 18), ("counselling", 14), ("peer-support", 8), ("food", 7), ("benefits-advice", 8), ("money-advice", 6),
    ("loneliness", 6), ("talking-therapy", 5), ("homelessness", 5), ("mental-health-assessment", 5), ("employment", 4),
    ("alcohol-drug-counselling", 3), ("domestic-abuse", 2), ("youth-mental-health", 3), ("parenting", 2), ("transport", 2),
    ("interpreting", 2), ("crisis-counselling", 1),
)  # fmt: skip
LANGUAGES: tuple[tuple[str, int], ...] = (("en", 76), ("es", 14), ("ar", 6), ("so", 2), ("uk", 2))

GIVEN = (
    "Ada", "Ben", "Carla", "Dan", "Elif", "Farah", "Grace", "Hugo", "Ines", "Jonas", "Kim", "Leo", "Mara", "Noor", "Omar", "Pia", "Quinn",
    "Rosa", "Sami", "Tess", "Uma", "Vera", "Wes", "Ximena", "Yara", "Zoe",
)  # fmt: skip
FAMILY = (
    "Abbott", "Brook", "Castillo", "Duarte", "Evers", "Fielding", "Garcia", "Haddad", "Ibarra", "Jensen", "Kaya", "Lowe", "Moreno", "Nasser",
    "Okafor", "Price", "Quist", "Reyes", "Salim", "Turner", "Ueda", "Vargas", "Webb", "Xu", "Young", "Ziegler",
)  # fmt: skip

CRISIS_LINES: tuple[dict[str, Any], ...] = (
    {"region": "US", "name": "988 Suicide & Crisis Lifeline", "phone": "988", "text_number": "988",
     "chat_url": "https://988lifeline.org/chat/", "hours": "around the clock", "languages": ["en", "es"]},
    {"region": "US", "name": "Crisis Text Line", "text_number": "741741", "text_keyword": "HOME", "hours": "around the clock",
     "languages": ["en", "es"]},
    {"region": "US", "name": "County Warm Line (demo)", "phone": "202-555-0148", "hours": "daily 16 to 22, Boise time",
     "weekly": [{"byday": "MO,TU,WE,TH,FR,SA,SU", "opens_at": "16:00", "closes_at": "22:00"}], "time_zone": "America/Boise",
     "languages": ["en", "es"], "about": "For talking before it is a crisis."},
)  # fmt: skip
