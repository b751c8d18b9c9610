"""Guests by mail: who is invited into which community until when, and the one-use links to come in.

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None

ROLES = (
    "'learner', 'trainer', 'pedagogical_lead', 'community_manager', 'sponsor', 'guest_expert', 'observer'"
)


def upgrade() -> None:
    op.create_table(
        'guest_invitation',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('community_id', sa.Integer(), nullable=False),
        sa.Column('email', sa.String(length=320), nullable=False),
        sa.Column('name', sa.String(length=200), nullable=False),
        sa.Column('role', sa.String(length=40), nullable=False),
        sa.Column('locale', sa.String(length=35), nullable=False),
        sa.Column('until', sa.DateTime(timezone=True), nullable=False),
        sa.Column('good_until', sa.DateTime(timezone=True), nullable=False),
        sa.Column('invited_by_id', sa.Integer(), nullable=False),
        sa.Column('invited_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('accepted_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('member_id', sa.Integer(), nullable=True),
        sa.CheckConstraint(f'role IN ({ROLES})', name=op.f('ck_guest_invitation_role')),
        sa.ForeignKeyConstraint(
            ['community_id'], ['community.id'], name=op.f('fk_guest_invitation_community_id')
        ),
        sa.ForeignKeyConstraint(
            ['invited_by_id'], ['membership.id'], name=op.f('fk_guest_invitation_invited_by_id')
        ),
        sa.ForeignKeyConstraint(
            ['member_id'], ['membership.id'], name=op.f('fk_guest_invitation_member_id')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_guest_invitation')),
        sa.UniqueConstraint('community_id', 'email', name=op.f('uq_guest_invitation_community_id_email')),
    )
    for column in ('email', 'good_until', 'invited_by_id', 'member_id'):
        op.create_index(op.f(f'ix_guest_invitation_{column}'), 'guest_invitation', [column])
    op.create_index('ix_guest_invitation_community_id_id', 'guest_invitation', ['community_id', 'id'])
    op.create_table(
        'guest_link',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('invitation_id', sa.Integer(), nullable=False),
        sa.Column('token_hash', sa.String(length=64), nullable=False),
        sa.Column('asked_for', sa.Boolean(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ['invitation_id'],
            ['guest_invitation.id'],
            name=op.f('fk_guest_link_invitation_id'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_guest_link')),
        sa.UniqueConstraint('token_hash', name=op.f('uq_guest_link_token_hash')),
    )
    for column in ('invitation_id', 'created_at', 'expires_at'):
        op.create_index(op.f(f'ix_guest_link_{column}'), 'guest_link', [column])
    told = sa.text('subject IS NOT NULL')
    op.create_index(
        'ix_message_subject', 'message', ['subject'], sqlite_where=told, postgresql_where=told
    )


def downgrade() -> None:
    op.drop_index('ix_message_subject', 'message')
    op.drop_table('guest_link')
    op.drop_table('guest_invitation')
