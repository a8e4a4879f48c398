"""The operator keeps reference data and sees no people."""

from django.test import Client

from network.core.operator import SITE


def test_only_reference_data_is_in_the_admin():
    assert {model.__name__ for model in SITE._registry} == {
        "CrisisLine", "TaxonomyTerm", "Place", "ImportRun", "ImportProblem", "ReasonCode", "Area", "AreaFigure",
    }  # fmt: skip


def test_a_member_is_no_operator(town):
    client = Client()
    client.force_login(town.quayside_admin_user)

    assert client.get("/admin/").status_code == 302
