"""What people look for, found in what people wrote: words and their stems, queries, extracts with hits.

Text becomes words without accents and in small letters, and each of them its French and its English stem:
nobody is asked in which language they write. A word is found when any of its forms is a form of a word of
the text. The same function makes the forms of both sides, so they cannot part.
"""

import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from snowballstemmer import stemmer

from .cleaning import clean_text
from .folding import folded

# What one contribution brings to the index at most, and one query to a search.
MOST_WORDS, LONGEST_WORD = 5_000, 40
MOST_WANTED, LONGEST_QUERY = 12, 300
# Of what is alike, each two words are looked for together.
MOST_LIKE = 7
# A beginning of fewer letters would be that of nearly every text.
SHORTEST_BEGINNING = 3
# Words are often the same: their stems are looked up, not made again.
KEPT_FORMS = 65_536

# A word, without what French leaves of another one before an apostrophe (l’entretien, qu’on).
_ELISION = "(?:[cdjlmnst]|(?:lors|puis|jus|quoi)?qu)"
_WORD = re.compile(rf"(?:{_ELISION}['’])?([^\W_]+)", re.IGNORECASE)
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss"})
_QUOTED = re.compile(r'["“”«»„]([^"“”«»„]*)["“”«»„]')
_EXCLUDED = re.compile(r"(?<!\S)[-−–]([^\W_]\S*)")
# Somebody's name, a file of the tool: numbers, which nobody looks for.
_TOKENS = re.compile(r"@\[\d+\]|\bfile:\d+")

# Words of nearly every text, in both languages. What is such a word in one of them and means something in
# the other (or, car, son, but, sale) is not among them.
_COMMON_LINES = (
    "a b d e f g h i j k l m n o p q s t u v w x y z",
    "le la les un une des du de et est en au aux ce cet cette ces il elle ils elles on nous vous je tu me te",
    "se sa ses mon ma mes ton ta tes notre nos votre vos leur leurs qui que quoi dont ou ne pas par pour sur",
    "dans avec sans sous mais donc si y ai as ont sont suis etait etre avoir cela ca comme plus",
    "the an and of to in is it its that this these those for with was were be been are am do does did have",
    "has had he she we you they him her our your their my from by not no so if at as what which who",
    "there here will would can could",
)
_COMMON = frozenset(word for line in _COMMON_LINES for word in line.split())


@dataclass(frozen=True)
class Word:
    """A word of a text and where it stands there."""

    text: str
    start: int
    end: int


def words_of(text: str) -> Iterator[Word]:
    """Go through the words of a text."""
    for found in _WORD.finditer(text):
        yield Word(found.group(1), found.start(1), found.end(1))


def plain(word: str) -> str:
    """Return a word as it is compared: small, without accents, not longer than any real one."""
    return plain_text(word[:LONGEST_WORD])


def plain_text(text: str) -> str:
    """Return a text as phrases are looked for in it."""
    return folded(text).translate(_LIGATURES)


class _Stems:
    """The stemmers. They keep what they work on in themselves: one word at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._french, self._english = stemmer("french"), stemmer("english")

    def of(self, word: str, without_accents: str) -> Iterator[str]:
        with self._lock:
            yield self._french.stemWord(word)
            yield self._french.stemWord(without_accents)
            yield self._english.stemWord(without_accents)


_STEMS = _Stems()


@lru_cache(maxsize=KEPT_FORMS)
def forms(word: str) -> frozenset[str]:
    """Return what a word is found by: itself and its stems, of the word with its accents and without."""
    small = unicodedata.normalize("NFC", word[:LONGEST_WORD]).lower()
    itself = plain(word)
    return frozenset({itself, *(plain(stem) for stem in _STEMS.of(small, itself))} - {""})


def is_common(word: str) -> bool:
    """Tell whether a word stands in nearly every text, so that it finds nothing."""
    return plain(word) in _COMMON


def without_tokens(source: str) -> str:
    """Return Markdown without the numbers by which it names people and files."""
    return _TOKENS.sub(" ", source)


def terms_of(texts: Iterable[str]) -> frozenset[str]:
    """Return by what some texts can be found, together; of a text without end the first words."""
    found: set[str] = set()
    left = MOST_WORDS
    for text in texts:
        for word in words_of(text):
            if left == 0:
                return frozenset(found)
            left -= 1
            if not is_common(word.text):
                found |= forms(word.text)
    return frozenset(found)


@dataclass(frozen=True)
class Wanted:
    """A word that is looked for, by any of its forms; `beginning`: or by words that begin with it."""

    word: str
    forms: frozenset[str]
    beginning: bool = False

    def is_met_by(self, word: str) -> bool:
        """Tell whether a word of a text is what is looked for."""
        if not self.forms.isdisjoint(forms(word)):
            return True
        return self.beginning and plain(word).startswith(plain(self.word))


@dataclass(frozen=True)
class Query:
    """What somebody looks for: all of `wanted`, none of `excluded`, each phrase word for word.

    `cut`: it said more than is looked for.
    """

    wanted: tuple[Wanted, ...] = ()
    excluded: tuple[Wanted, ...] = ()
    phrases: tuple[tuple[str, ...], ...] = ()
    cut: bool = False

    def __bool__(self) -> bool:
        return bool(self.wanted)

    @cached_property
    def _met(self) -> dict[str, bool]:
        return {}

    def meets(self, word: str) -> bool:
        """Tell whether a word of a text is one that is looked for; answered once for each."""
        if word not in self._met:
            self._met[word] = any(one.is_met_by(word) for one in self.wanted)
        return self._met[word]

    def met(self, text: str) -> set[int]:
        """Return which of the wanted words, by their place, a short text such as a title has."""
        words = {word.text for word in words_of(text) if self.meets(word.text)}
        if not words:
            return set()
        return {place for place, one in enumerate(self.wanted) if any(map(one.is_met_by, words))}

    def has_phrases(self, *texts: str) -> bool:
        """Tell whether each phrase stands in one of the texts word for word."""
        if not self.phrases:
            return True
        compared = [plain_text(text) for text in texts]
        return all(any(map(phrase.search, compared)) for phrase in self._patterns)

    @cached_property
    def _patterns(self) -> list[re.Pattern[str]]:
        between = rf"[\W_]+(?:{_ELISION}['’])?"
        inside = (between.join(map(re.escape, phrase)) for phrase in self.phrases)
        return [re.compile(rf"(?<![^\W_]){phrase}(?![^\W_])") for phrase in inside]


def query_of(typed: str) -> Query:
    """Read what somebody typed: words, "a phrase", -without; whatever else stands there is no matter.

    The last word may be the beginning of one, unless something follows it.
    """
    text = clean_text(typed[:LONGEST_QUERY])
    quoted = _QUOTED.findall(text)
    rest = _QUOTED.sub(' " ', text)  # what was said in quotation marks is no beginning of anything
    excluded = [word.text for part in _EXCLUDED.findall(rest) for word in words_of(part)]
    bare = [word.text for word in words_of(_EXCLUDED.sub(' " ', rest))]
    open_ended = bool(bare) and text.rstrip("*").endswith(bare[-1])
    if open_ended and len(bare) == 1 and not quoted:
        bare, unfinished = [], bare[-1]
    else:
        unfinished = bare.pop() if open_ended else None
    in_phrases = [word.text for phrase in quoted for word in words_of(phrase)]
    wanted = [_wanted(word) for word in (*bare, *in_phrases) if not is_common(word)]
    if unfinished and (not is_common(unfinished) or not wanted):
        wanted += _unfinished(unfinished)
    unique = list({(one.forms, one.beginning): one for one in wanted}.values())
    phrases = (tuple(plain(word.text) for word in words_of(phrase)) for phrase in quoted)
    return Query(
        wanted=tuple(unique[:MOST_WANTED]),
        excluded=tuple(_wanted(word) for word in excluded if not is_common(word))[:MOST_WANTED],
        phrases=tuple(phrase for phrase in phrases if len(phrase) > 1),
        cut=len(unique) > MOST_WANTED or len(typed) > LONGEST_QUERY,
    )


def _wanted(word: str) -> Wanted:
    return Wanted(word, forms(word))


def _unfinished(word: str) -> list[Wanted]:
    """What is being typed: a word, or the beginning of one. Of a word of every text only the latter."""
    if len(plain(word)) >= SHORTEST_BEGINNING:
        return [Wanted(word, frozenset() if is_common(word) else forms(word), beginning=True)]
    return [] if is_common(word) else [_wanted(word)]


def likeness_query(title: str) -> Query:
    """Return the words of a title by which others like it are found, the longest of them."""
    wanted = {_wanted(word.text).forms: _wanted(word.text) for word in words_of(title[:LONGEST_QUERY])}
    telling = [one for one in wanted.values() if not is_common(one.word)]
    longest = sorted(telling, key=lambda one: len(one.word), reverse=True)
    return Query(wanted=tuple(longest[:MOST_LIKE]))


@dataclass(frozen=True)
class Piece:
    """A part of an extract; `hit`: it is a word that was looked for."""

    text: str
    hit: bool = False


def extract(text: str, query: Query, length: int = 240) -> list[Piece]:
    """Cut out of a plain text the part with the most different words that were looked for.

    Of a text without any of them its beginning. Whatever the text says, it stays text: pages escape it.
    """
    hits = [word for word in words_of(text) if query.meets(word.text)]
    start = _best_start(text, hits, length)
    end = min(len(text), start + length)
    if end < len(text):
        end = max(text.rfind(" ", start, end), start + length // 2)
    pieces = [Piece("… ")] if start else []
    pieces += _pieces(text, [hit for hit in hits if start <= hit.start and hit.end <= end], start, end)
    return [*pieces, Piece(" …")] if end < len(text) else pieces


def marked(text: str, query: Query) -> list[Piece]:
    """Return all of a short text, such as a title, with what was looked for."""
    hits = [word for word in words_of(text) if query.meets(word.text)]
    return _pieces(text, hits, 0, len(text))


def _best_start(text: str, hits: list[Word], length: int) -> int:
    """Where the extract begins: a few words before the hit after which the most different ones follow."""
    if not hits or len(text) <= length:
        return 0
    best, most = hits[0], 0
    for number, hit in enumerate(hits):
        within = {plain(one.text) for one in hits[number:] if one.end <= hit.start + length * 3 // 4}
        if len(within) > most:
            best, most = hit, len(within)
        if number == _HITS_WEIGHED:
            break
    before = min(best.start - length // 5, len(text) - length)
    if before <= 0:
        return 0
    gap = text.find(" ", before, best.start)
    return gap + 1 if gap >= 0 else best.start


# A text that says one word ten thousand times has no best place.
_HITS_WEIGHED = 50


def _pieces(text: str, hits: list[Word], start: int, end: int) -> list[Piece]:
    pieces = []
    for hit in hits:
        if hit.start > start:
            pieces.append(Piece(text[start : hit.start]))
        pieces.append(Piece(text[hit.start : hit.end], hit=True))
        start = hit.end
    if end > start:
        pieces.append(Piece(text[start:end]))
    return pieces
