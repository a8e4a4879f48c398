"""The operator's own site of Django's admin: what libraries register by themselves (users, tokens, task rows) is not on it."""

from django.contrib.admin import AdminSite

SITE = AdminSite(name="admin")
