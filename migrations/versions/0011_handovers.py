"""Handovers: the way of a seat from a frame into a tab of its own.

Expands only: code of the revision before may run beside this.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('handover',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('seat_id', sa.Integer(), nullable=False),
    sa.Column('path', sa.String(length=500), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(
        ['seat_id'], ['seat.id'], name=op.f('fk_handover_seat_id_seat'), ondelete='CASCADE'
    ),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_handover')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_handover_token_hash'))
    )
    for name in ('seat_id', 'expires_at'):
        op.create_index(op.f(f'ix_handover_{name}'), 'handover', [name])


def downgrade() -> None:
    """Links that are open at this moment are lost: they would have ended within a minute."""
    op.drop_table('handover')
