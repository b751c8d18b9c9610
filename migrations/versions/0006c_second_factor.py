"""A second factor for administrators: a code from an app, and recovery codes.

Expands only: code of the revision before may run beside this.

Revision ID: 0006c
Revises: 0006b
"""

import sqlalchemy as sa
from alembic import op

revision = '0006c'
down_revision = '0006b'
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column('totp_encrypted', sa.Text(), nullable=True),
        sa.Column('totp_pending_encrypted', sa.Text(), nullable=True),
        sa.Column('totp_step', sa.Integer(), nullable=True),
    ):
        op.add_column('administrator', column)
    op.add_column('administrator_session',
                  sa.Column('awaits_factor', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column('administrator_session', sa.Column('tries', sa.Integer(), server_default='0', nullable=False))
    op.create_table('recovery_code',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('administrator_id', sa.Integer(), nullable=False),
    sa.Column('code_hash', sa.String(length=64), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['administrator_id'], ['administrator.id'],
                            name=op.f('fk_recovery_code_administrator_id_administrator')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recovery_code')),
    sa.UniqueConstraint('administrator_id', 'code_hash', name=op.f('uq_recovery_code_administrator_id_code_hash'))
    )


def downgrade() -> None:
    """Whoever has not shown the second factor yet is signed out: the code of before would not ask."""
    op.execute("DELETE FROM administrator_session WHERE awaits_factor")
    op.drop_table('recovery_code')
    for name in ('tries', 'awaits_factor'):
        op.drop_column('administrator_session', name)
    for name in ('totp_step', 'totp_pending_encrypted', 'totp_encrypted'):
        op.drop_column('administrator', name)
