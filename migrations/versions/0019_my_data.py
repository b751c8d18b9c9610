"""What people ask for about their own data: a copy of it, and to be erased.

Revision ID: 0019
Revises: 0018b
"""

import sqlalchemy as sa
from alembic import op

revision = '0019'
down_revision = '0018b'
branch_labels = None
depends_on = None

STATES = "'due', 'making', 'ready', 'failed'"


def upgrade() -> None:
    op.create_table(
        'personal_copy',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('state', sa.String(length=40), nullable=False),
        sa.Column('locale', sa.String(length=35), nullable=False),
        sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('lease', sa.String(length=36), nullable=True),
        sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('key', sa.String(length=200), nullable=True),
        sa.Column('size', sa.BigInteger(), nullable=True),
        sa.Column('made_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(f'state IN ({STATES})', name=op.f('ck_personal_copy_state')),
        sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_personal_copy_user_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_personal_copy')),
        sa.UniqueConstraint('key', name=op.f('uq_personal_copy_key')),
        sa.UniqueConstraint('user_id', name=op.f('uq_personal_copy_user_id')),
    )
    op.create_index('ix_personal_copy_state_due_at', 'personal_copy', ['state', 'due_at'])
    op.create_index(op.f('ix_personal_copy_expires_at'), 'personal_copy', ['expires_at'])
    op.create_table(
        'erasure_request',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_erasure_request_user_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_erasure_request')),
        sa.UniqueConstraint('user_id', name=op.f('uq_erasure_request_user_id')),
    )
    op.create_index(op.f('ix_erasure_request_asked_at'), 'erasure_request', ['asked_at'])


def downgrade() -> None:
    op.drop_table('erasure_request')
    op.drop_table('personal_copy')
