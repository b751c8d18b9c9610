"""A community may differ from the table of permissions, and its charter may open it to sponsors.

Communities that were there differ in nothing, and no charter that was there says anything about sponsors.

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = '0022'
down_revision = '0021'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('community', sa.Column('permission_overrides', sa.JSON(), nullable=True))
    op.add_column(
        'charter',
        sa.Column('opens_to_sponsors', sa.Boolean(), server_default=sa.false(), nullable=False),
    )


def downgrade() -> None:
    """Go down one step: every community is again as the table says, and no sponsor reads in any."""
    op.drop_column('charter', 'opens_to_sponsors')
    op.drop_column('community', 'permission_overrides')
