"""Outside words in, our dataclasses out; one file per part of the space."""
