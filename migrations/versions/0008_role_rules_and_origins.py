"""Role rules of deployments, origins that may frame a platform's pages, refused deployments, removed platforms.

Expands only: code of the revision before may run beside this.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

MOMENT, JSON = sa.DateTime(timezone=True), sa.JSON()
ADDED = (
    ('platform', 'removed_at', MOMENT, {'nullable': True}),
    ('deployment', 'refused_at', MOMENT, {'nullable': True}),
    ('deployment', 'role_rules', JSON, {'nullable': True}),
    ('deployment', 'role_rules_version', sa.Integer(), {'server_default': '0', 'nullable': False}),
    ('deployment', 'role_parameters', JSON, {'nullable': True}),
    ('deployment', 'roles_settle_at', MOMENT, {'nullable': True}),
    ('enrolment', 'launch_custom', JSON, {'nullable': True}),
    ('enrolment', 'lower_custom', JSON, {'nullable': True}),
    ('seat', 'lms_administrator', sa.Boolean(), {'server_default': sa.false(), 'nullable': False}),
)


def upgrade() -> None:
    for table, name, kind, more in ADDED:
        op.add_column(table, sa.Column(name, kind, **more))
    op.create_index(op.f('ix_deployment_roles_settle_at'), 'deployment', ['roles_settle_at'])
    op.create_index('ix_launch_record_platform_id_id', 'launch_record', ['platform_id', 'id'])
    op.create_table('platform_origin',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('platform_id', sa.Integer(), nullable=False),
    sa.Column('origin', sa.String(length=300), nullable=False),
    sa.Column('source', sa.Enum('launch', 'administrator', name='source', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('allowed', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['platform_id'], ['platform.id'], name=op.f('fk_platform_origin_platform_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_platform_origin')),
    sa.UniqueConstraint('platform_id', 'origin', name=op.f('uq_platform_origin_platform_id_origin'))
    )
    op.create_index(op.f('ix_platform_origin_platform_id'), 'platform_origin', ['platform_id'])


def downgrade() -> None:
    """A removed platform stays suspended, a refused deployment waits; roles stay as the rules had made them."""
    op.drop_table('platform_origin')
    op.drop_index('ix_launch_record_platform_id_id', 'launch_record')
    op.drop_index(op.f('ix_deployment_roles_settle_at'), 'deployment')
    for table, name, _, _ in reversed(ADDED):
        op.drop_column(table, name)
