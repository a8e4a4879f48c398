"""Words in templates."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from frontend.words import SHARED, VERBS, language_name, when
from network.core.clock import now
from network.partners.search import kilometres as km

register = template.Library()


@register.filter
def said(at: datetime | None) -> SafeString | str:
    """A `<time>` in the words of people, exact in its attribute."""
    if at is None:
        return ""
    return format_html('<time datetime="{}">{}</time>', at.isoformat(timespec="minutes"), when(at, now()))


@register.filter
def verb_words(verb: str) -> str:
    return str(VERBS.get(verb, verb))


@register.filter
def language_word(code: str) -> str:
    return language_name(code)


@register.filter
def language_names(codes: list[str]) -> str:
    """Languages as people call them, comma between."""
    return ", ".join(language_name(code) for code in codes)


@register.filter
def shared_words(groups: list[str]) -> str:
    """What a consent opens, in the order that people ask for it."""
    return ", ".join(str(words) for group, words in SHARED.items() if group in groups)


@register.filter
def get(mapping: dict[Any, Any], key: Any) -> Any:
    """A value of a mapping by a key that is a variable."""
    return mapping.get(key)


@register.filter
def kilometres(far: float | None) -> float | None:
    """The distance of a service, in km."""
    return km(far)
