"""The outbox of mails.

Expands only: code of the revision before may run beside this.

Revision ID: 0006b
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = '0006b'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('message',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uuid', sa.String(length=36), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('recipient', sa.String(length=320), nullable=False),
    sa.Column('locale', sa.String(length=35), nullable=True),
    sa.Column('about_encrypted', sa.Text(), nullable=True),
    sa.Column('subject', sa.String(length=80), nullable=True),
    sa.Column('state', sa.Enum('due', 'sending', 'sent', 'refused', name='state', native_enum=False,
                               create_constraint=True, length=40), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('useless_after', sa.DateTime(timezone=True), nullable=True),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('lease', sa.String(length=36), nullable=True),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('problem', sa.String(length=80), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_message')),
    sa.UniqueConstraint('uuid', name=op.f('uq_message_uuid'))
    )
    op.create_index('ix_message_state_due_at', 'message', ['state', 'due_at'])
    op.create_index(op.f('ix_message_sent_at'), 'message', ['sent_at'])


def downgrade() -> None:
    op.drop_table('message')
