"""Gap analysis: what the partners' community lacks. Pure functions only; Django's parts of the package are imported by Django alone."""
