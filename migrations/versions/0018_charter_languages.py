"""A charter says in which language it is, and may stand beside its translation.

Charters that were there are of no language that is known: everybody reads them as they are.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('charter', sa.Column('language', sa.String(length=8), nullable=True))
    op.add_column('charter', sa.Column('translations', sa.JSON(), nullable=True))


def downgrade() -> None:
    """Go down one step: translations go, the text stays."""
    op.drop_column('charter', 'translations')
    op.drop_column('charter', 'language')
