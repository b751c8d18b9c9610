"""What somebody typed to answer a mail: without what they answered, and without their signature.

Mail programs do this in their own ways; no standard says where an answer ends. What is taken away is only
what a program is known to add, so that nothing that was typed is lost.
"""

import re
from collections.abc import Sequence
from itertools import takewhile

_QUOTED = re.compile(r"^\s{0,3}>")
_MARKS = re.compile(r"^[\s>]*")
# Outlook and many others: a line of dashes with words in it.
_SEPARATOR = re.compile(
    r"^-{2,}\s*(original message|forwarded message|message d['’]origine|message original|message initial"
    r"|message transféré|message transf[ée]r[ée]|courriel original|reply message)\s*-{2,}$",
    re.IGNORECASE,
)
_RULE = re.compile(r"^[_]{5,}$|^-{20,}$")
# A block of headers as Outlook writes it, also in bold: the first names who wrote, others have to follow.
_SENDER_LINE = re.compile(r"^\*{0,2}(from|de|expéditeur)\s?:\*{0,2}\s", re.IGNORECASE)
_HEADER_LINE = re.compile(
    r"^\*{0,2}(from|de|expéditeur|sent|date|envoyé|envoyé le|to|à|a|destinataire|cc|subject|objet|reply-to)"
    r"\s?:\*{0,2}(\s|$)",
    re.IGNORECASE,
)
_LEAST_HEADERS, _HEADER_ROOM = 3, 8
# "Le mar. 3 mars 2026 à 10:12, Club de français <…> a écrit :", broken over some lines.
_WROTE = re.compile(r"^(le|on)\s.{4,400}?(a écrit|a ecrit|wrote|writes)\s?:$", re.IGNORECASE)
# In other languages: a line that names a time or an address, ends with a colon, and has a quotation below.
_SOMEHOW_WROTE = re.compile(r"^\S.{0,400}(\d{1,2}[:.h]\d{2}|@).{0,200}:$")
_MOST_ATTRIBUTION_LINES, _LONGEST_ATTRIBUTION = 4, 500
_SIGNATURE = re.compile(r"^--\s?$")
# What telephones and programs write below everything.
_ADVERT = re.compile(
    r"^(sent from (my|outlook|mail|yahoo|proton|samsung|gmail|an?\s)|get outlook for|sent with proton"
    r"|envoyé (depuis|de|à partir de|avec|par) (mon|ma|un|une|l['’]|outlook|yahoo|proton|samsung|gmail|mail\b"
    r"|la\s)"
    r"|(télécharge[rz]|obtene[zr]|obtenir) outlook (pour|for)|provenance : |expédié de mon ).{0,120}$",
    re.IGNORECASE,
)


def typed_in(text: str) -> str:
    """Return what was typed, of the plain text of a mail; "" where nothing is left. Lines stay whole."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept: list[str] = []
    place, below_answered = 0, False
    while place < len(lines):
        line = _said(lines[place])
        length = _attribution(lines, place)
        if length:
            place += length
            if not _quotation_begins(lines, place):
                break  # without marks nobody can tell where it ends
            below_answered = True
            continue
        if _ends_here(lines, place) or _SIGNATURE.match(lines[place].replace("\xa0", " ")):
            break
        if not (below_answered and (_QUOTED.match(line) or _answers_end(lines, place))):
            kept.append(lines[place])
        place += 1
    return "\n".join(_without_end(kept, quoted=not below_answered)).strip("\n")


def _said(line: str) -> str:
    return line.replace("\xa0", " ").replace("\u202f", " ").rstrip()


def _bare(line: str) -> str:
    """Return a line without marks of quotation before it: some programs quote the attribution, too."""
    return _MARKS.sub("", _said(line)).strip()


def _attribution(lines: Sequence[str], place: int) -> int:
    """Return over how many lines it is said here who wrote when what is quoted below; 0: it is not."""
    first = _bare(lines[place])
    if not first:
        return 0
    together = ""
    for length, line in enumerate(lines[place : place + _MOST_ATTRIBUTION_LINES], start=1):
        bare = _bare(line)
        if not bare:
            return 0
        together = f"{together} {bare}".strip()
        if not together.endswith(":") or len(together) > _LONGEST_ATTRIBUTION:
            continue
        if _WROTE.match(together):
            return length
        if _SOMEHOW_WROTE.match(together) and _quotation_begins(lines, place + length):
            return length
    return 0


def _quotation_begins(lines: Sequence[str], place: int) -> bool:
    """Tell whether the next thing that is not empty is quoted."""
    for line in lines[place : place + 3]:
        if line.strip():
            return bool(_QUOTED.match(_said(line)))
    return False


def _ends_here(lines: Sequence[str], place: int) -> bool:
    """Tell whether everything from here on is what was answered, by a separator or a block of headers."""
    line = _bare(lines[place])
    if _SEPARATOR.match(line):
        return True
    if _RULE.match(line):
        below = [one for one in lines[place + 1 : place + 4] if one.strip()]
        return bool(below) and bool(_SENDER_LINE.match(_bare(below[0])))
    if not _SENDER_LINE.match(line):
        return False
    block = takewhile(bool, map(_bare, lines[place : place + _HEADER_ROOM]))
    return sum(bool(_HEADER_LINE.match(one)) for one in block) >= _LEAST_HEADERS


def _answers_end(lines: Sequence[str], place: int) -> bool:
    """Tell whether an empty line only parts two quoted ones."""
    if lines[place].strip():
        return False
    return _quotation_begins(lines, place + 1)


def _without_end(lines: list[str], quoted: bool) -> list[str]:
    """Take away what programs write below everything.

    :param quoted: also a quotation at the end that says nobody's name, where anything else was typed.
    """
    left = _without_adverts(lines)
    if not quoted:
        return left
    length = len(left)
    while length and (not left[length - 1].strip() or _QUOTED.match(_said(left[length - 1]))):
        length -= 1
    return _without_adverts(left[:length]) if length else left


def _without_adverts(lines: list[str]) -> list[str]:
    length = len(lines)
    while length and (not lines[length - 1].strip() or _ADVERT.match(_said(lines[length - 1]).strip())):
        length -= 1
    return lines[:length]
