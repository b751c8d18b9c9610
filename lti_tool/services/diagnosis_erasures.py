"""Whether the journal of erasures and the database agree: an older copy brings people back."""

from lti_tool.services import erasure, erasure_journal, storage
from lti_tool.services.erasure_journal import FOLDER, JournalUnusable
from lti_tool.services.findings import Finding, warning, well, wrong

_UPGRADE = "Run: lti-tool db upgrade"


def erasures() -> list[Finding]:
    """Compare both; changes nothing."""
    try:
        journal = erasure_journal.looked_into()
        if journal is None:
            return [well("erasures", "Nobody was ever erased here.")]
        in_database, in_folder = erasure_journal.lines_in_database(), erasure_journal.lines_in_folder()
        back = sum(1 for _ in erasure.returned(journal, erasure_journal.both(in_database, in_folder)))
    except JournalUnusable as problem:
        return [
            wrong("erasures", problem.facts["sentence"], "Until then those who were erased may come back.")
        ]
    except OSError as problem:
        place = storage.where(FOLDER)
        return [wrong("erasures", f"{place} cannot be read: {problem.strerror}.", "Give it to our account.")]
    if back:
        sentence = f"The journal of erasures names people who are in the database again: {back}."
        return [wrong("erasures", sentence, f"The database is an older copy. {_UPGRADE}")]
    if in_folder != in_database:
        number = len(dict(in_folder.items() ^ in_database.items()))
        sentence = f"Lines of the journal of erasures that are not in database and folder alike: {number}."
        return [warning("erasures", sentence, _UPGRADE)]
    return [well("erasures", f"Lines in the journal of erasures: {len(in_folder)}; none of them came back.")]
