"""Notices of an LMS: where they are to be sent, which were taken in, which course was copied from which.

Expands only: code of the revision before may run beside this.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('notice_handler',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('deployment_id', sa.Integer(), nullable=False),
    sa.Column('notice_type', sa.String(length=100), nullable=False),
    sa.Column('service_url', sa.Text(), nullable=False),
    sa.Column('handler', sa.Text(), nullable=False),
    sa.Column('state', sa.Enum('wanted', 'registering', 'registered', 'refused', name='state', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lease', sa.String(length=36), nullable=True),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('registered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('problem', sa.String(length=40), nullable=True),
    sa.Column('problem_detail', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['deployment_id'], ['deployment.id'], name=op.f('fk_notice_handler_deployment_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notice_handler')),
    sa.UniqueConstraint('deployment_id', 'notice_type', name=op.f('uq_notice_handler_deployment_id_notice_type'))
    )
    op.create_index('ix_notice_handler_state_due_at', 'notice_handler', ['state', 'due_at'])
    op.create_table('notice',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('deployment_id', sa.Integer(), nullable=False),
    sa.Column('notice_id', sa.String(length=255), nullable=False),
    sa.Column('notice_type', sa.String(length=100), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['deployment_id'], ['deployment.id'], name=op.f('fk_notice_deployment_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notice')),
    sa.UniqueConstraint('deployment_id', 'notice_id', name=op.f('uq_notice_deployment_id_notice_id'))
    )
    op.create_index(op.f('ix_notice_received_at'), 'notice', ['received_at'])
    op.create_table('course_copy',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('deployment_id', sa.Integer(), nullable=False),
    sa.Column('context_id', sa.String(length=255), nullable=False),
    sa.Column('origin_context_id', sa.String(length=255), nullable=False),
    sa.Column('said_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['deployment_id'], ['deployment.id'], name=op.f('fk_course_copy_deployment_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_course_copy')),
    sa.UniqueConstraint('deployment_id', 'context_id', 'origin_context_id', name=op.f('uq_course_copy_deployment_id_context_id_origin_context_id'))
    )


def downgrade() -> None:
    for table in ('course_copy', 'notice', 'notice_handler'):
        op.drop_table(table)
