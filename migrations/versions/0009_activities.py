"""Columns that an LMS makes together with a link that was placed by deep linking.

Expands only: code of the revision before may run beside this.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('line_item', sa.Column('placed', sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    """What was placed and not found yet is wanted like any other column."""
    op.drop_column('line_item', 'placed')
