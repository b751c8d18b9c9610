"""The sentences of the tool as a page in some language says them."""

import gettext
from functools import cache
from pathlib import Path

import lti_tool

DOMAIN = "messages"


def said(language: str, sentence: str, **values: object) -> str:
    """Return what a page in `language` says for an English sentence of the templates."""
    text = _catalogue(language).gettext(sentence)
    return text % values if values else text


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    folder = Path(lti_tool.__file__).parent / "translations"
    return gettext.translation(DOMAIN, folder, [language], fallback=True)
