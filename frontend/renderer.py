"""Every form is drawn by one part: label, hint, error, control, in this order."""

from django.forms.renderers import TemplatesSetting


class Parts(TemplatesSetting):
    form_template_name = "frontend/parts/form.html"
    field_template_name = "frontend/parts/field.html"
