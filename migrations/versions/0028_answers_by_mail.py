"""Members answer mails by mail: what was taken in, and how reading the mailbox goes.

Revision ID: 0028
Revises: 0027
"""

import sqlalchemy as sa
from alembic import op

revision = '0028'
down_revision = '0027'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'inbound_mail',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('key', sa.String(length=64), nullable=False),
        sa.Column('member_id', sa.Integer(), nullable=False),
        sa.Column('comment_id', sa.Integer(), nullable=True),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['comment_id'], ['comment.id'], name=op.f('fk_inbound_mail_comment_id')),
        sa.ForeignKeyConstraint(['member_id'], ['membership.id'], name=op.f('fk_inbound_mail_member_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_inbound_mail')),
        sa.UniqueConstraint('key', name=op.f('uq_inbound_mail_key')),
    )
    op.create_index('ix_inbound_mail_member_id_at', 'inbound_mail', ['member_id', 'at'])
    for column in ('comment_id', 'at'):
        op.create_index(op.f(f'ix_inbound_mail_{column}'), 'inbound_mail', [column])
    op.create_table(
        'inbound_mailbox',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('lease', sa.String(length=36), nullable=True),
        sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('failing_since', sa.DateTime(timezone=True), nullable=True),
        sa.Column('failures', sa.Integer(), nullable=False),
        sa.Column('problem', sa.String(length=80), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_inbound_mailbox')),
    )


def downgrade() -> None:
    """Go down one step: mails that still lie in the mailbox are not known any more as dealt with."""
    op.drop_table('inbound_mailbox')
    op.drop_table('inbound_mail')
