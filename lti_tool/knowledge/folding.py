"""Text as people look for it: in small letters, without the accents that one leaves out when typing."""

import unicodedata

# Letters of Latin beyond ASCII: its supplement, extensions A and B, extended additional.
_LATIN = (*range(0xC0, 0x250), *range(0x1E00, 0x1F00))


def _plain(letter: str) -> str:
    """One letter without its marks, small; itself, small, when it has none to lose (œ, ø, ß)."""
    base, *marks = unicodedata.normalize("NFD", letter)
    small = base.lower() if all(map(unicodedata.combining, marks)) else letter.lower()
    return small if len(small) == 1 else letter


# For whoever folds where Python does not run: letter by letter, the second string in the place of the first.
MARKED = "".join(letter for letter in map(chr, _LATIN) if _plain(letter) != letter)
PLAIN = "".join(map(_plain, MARKED))
_FOLDED = str.maketrans(MARKED, PLAIN)


def folded(text: str) -> str:
    """Return text to be compared or sorted: "Émile" and "EMILE" are the same; twice changes nothing."""
    return unicodedata.normalize("NFC", text).translate(_FOLDED).lower().translate(_FOLDED)
