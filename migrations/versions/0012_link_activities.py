"""Which prompt a link of a course opens, as its last launch said.

Expands only: code of the revision before may run beside this.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('resource_link', sa.Column('activity', sa.String(length=60), nullable=True))


def downgrade() -> None:
    """The next launch of each link says it again."""
    op.drop_column('resource_link', 'activity')
