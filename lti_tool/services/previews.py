"""What was shown before an act, in few letters: its form sends it back, and what changed is shown anew."""

import hashlib
import json


def mark_of(decides: object) -> str:
    """Return what names everything that a preview said and that decides, of what JSON can say."""
    return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()
