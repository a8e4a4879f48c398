"""The taxonomy's first terms."""

from django.db import migrations

from network.partners.taxonomy import load_terms


class Migration(migrations.Migration):
    dependencies = [("partners", "0001_initial")]
    operations = [
        migrations.RunPython(lambda apps, editor: load_terms(apps.get_model("partners", "TaxonomyTerm")), migrations.RunPython.noop)
    ]
