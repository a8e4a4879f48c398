"""Which figures of areas the model reads, and what it takes for granted. No Django."""

from __future__ import annotations

# Codes of figures of an area, in the order in which `load` numbers them.
FIGURES = ("distress", "under-18", "providers", "drive-minutes")
DISTRESS, UNDER_18, PROVIDERS, DRIVE_MINUTES = range(4)
# The need that a rate of distress stands for. A need without a published rate counts requests alone.
MODELLED_NEED = "counselling"
UNDETERMINED = "und"  # ISO 639-2: no language was said
NO_TRAVEL = ("online", "phone")  # access terms: nobody has to go there
# Of these the head of a report names the sources.
INPUTS = ("population", *FIGURES)
OWN_AREA_MINUTES = 0.75  # of the narrowest catchment: what lies in one's own area is within reach, however large the area is
LEAST_CONFIDENTIAL = 3  # fewer confidential services of a need could be told apart
