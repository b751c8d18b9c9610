"""News go to a member's own browser, where they switched that on.

Expands only: code of the revision before may run beside this.

Revision ID: 0025
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = '0025'
down_revision = '0024'
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        'push_key',
        sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('public', sa.String(length=90), nullable=False),
        sa.Column('private_encrypted', sa.Text(), nullable=False),
        sa.Column('created_at', MOMENT, nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_push_key')),
    )
    op.create_table(
        'push_device',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('community_id', sa.Integer(), nullable=False),
        sa.Column('member_id', sa.Integer(), nullable=False),
        sa.Column('endpoint', sa.Text(), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('public', sa.String(length=90), nullable=False),
        sa.Column('secret', sa.String(length=24), nullable=False),
        sa.Column('browser', sa.String(length=20), nullable=False),
        sa.Column('told_until', MOMENT, nullable=False),
        sa.Column('created_at', MOMENT, nullable=False),
        sa.Column('sent_at', MOMENT, nullable=True),
        sa.Column('due_at', MOMENT, nullable=False),
        sa.Column('lease', sa.String(length=36), nullable=True),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('problem', sa.String(length=60), nullable=True),
        sa.ForeignKeyConstraint(
            ['community_id'], ['community.id'], name=op.f('fk_push_device_community_id')
        ),
        sa.ForeignKeyConstraint(['member_id'], ['membership.id'], name=op.f('fk_push_device_member_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_push_device')),
        sa.UniqueConstraint('member_id', 'digest', name=op.f('uq_push_device_member_id_digest')),
    )
    op.create_index('ix_push_device_community_id', 'push_device', ['community_id'])
    op.create_index('ix_push_device_digest', 'push_device', ['digest'])
    op.create_index('ix_push_device_due_at', 'push_device', ['due_at', 'id'])


def downgrade() -> None:
    op.drop_table('push_device')
    op.drop_table('push_key')
