"""Erasure of people: when, until when the evidence of their grades stays, and the journal's key and lines.

Expands only: code of the revision before may run beside this.

Revision ID: 0005
Revises: 0004
"""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('erasure_key',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('key_encrypted', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erasure_key'))
    )
    op.create_table('erasure',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_hash', sa.String(length=64), nullable=False),
    sa.Column('erased_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erasure')),
    sa.UniqueConstraint('person_hash', name=op.f('uq_erasure_person_hash'))
    )
    for name in ('erased_at', 'evidence_until'):
        op.add_column('user_account', sa.Column(name, sa.DateTime(timezone=True), nullable=True))
        op.create_index(op.f(f'ix_user_account_{name}'), 'user_account', [name])
    know_again_who_was_erased()


def know_again_who_was_erased() -> None:
    """Rows that were erased before this migration was taken back: the evidence of their grades has its year."""
    people = sa.table(
        'user_account',
        sa.column('sub', sa.String),
        sa.column('erased_at', sa.DateTime(timezone=True)),
        sa.column('evidence_until', sa.DateTime(timezone=True)),
    )
    now = datetime.now(UTC)
    op.execute(
        people.update()
        .where(people.c.sub.like('erased:%'))
        .values(erased_at=now, evidence_until=now + timedelta(days=365))
    )


def downgrade() -> None:
    """Who was erased stays erased. The journal stays in the storage folder, and comes back from there."""
    for name in ('evidence_until', 'erased_at'):
        op.drop_index(op.f(f'ix_user_account_{name}'), 'user_account')
        op.drop_column('user_account', name)
    op.drop_table('erasure')
    op.drop_table('erasure_key')
