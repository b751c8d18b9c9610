"""Column shapes that several tables share."""

from enum import StrEnum

from sqlalchemy import Enum


def words(of: type[StrEnum], name: str) -> Enum:
    """Store an enumeration as its words, checked by a named constraint."""
    return Enum(
        of,
        values_callable=lambda members: [member.value for member in members],
        native_enum=False,
        create_constraint=True,
        length=40,
        name=name,
    )
