"""Administrators of the console, their organisations, sign-in links and sessions.

Expands only: code of the revision before may run beside this.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def moment(name: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table('administrator',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('email', sa.String(length=320), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=True),
    sa.Column('operator', sa.Boolean(), nullable=False),
    sa.Column('locale', sa.String(length=35), nullable=True),
    moment('created_at'),
    moment('signed_in_at', nullable=True),
    moment('disabled_at', nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_administrator')),
    sa.UniqueConstraint('email', name=op.f('uq_administrator_email'))
    )
    op.create_table('administrator_organisation',
    sa.Column('administrator_id', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['administrator_id'], ['administrator.id'],
                            name=op.f('fk_administrator_organisation_administrator_id_administrator')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'],
                            name=op.f('fk_administrator_organisation_organisation_id_organisation')),
    sa.PrimaryKeyConstraint('administrator_id', 'organisation_id',
                            name=op.f('pk_administrator_organisation'))
    )
    op.create_index(op.f('ix_administrator_organisation_organisation_id'), 'administrator_organisation',
                    ['organisation_id'])
    op.create_table('sign_in_link',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('administrator_id', sa.Integer(), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    moment('created_at'),
    moment('expires_at'),
    moment('used_at', nullable=True),
    sa.ForeignKeyConstraint(['administrator_id'], ['administrator.id'],
                            name=op.f('fk_sign_in_link_administrator_id_administrator')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sign_in_link')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_sign_in_link_token_hash'))
    )
    op.create_table('administrator_session',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('administrator_id', sa.Integer(), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    moment('created_at'),
    moment('expires_at'),
    moment('revoked_at', nullable=True),
    sa.ForeignKeyConstraint(['administrator_id'], ['administrator.id'],
                            name=op.f('fk_administrator_session_administrator_id_administrator')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_administrator_session')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_administrator_session_token_hash'))
    )
    for table in ('sign_in_link', 'administrator_session'):
        for column in ('administrator_id', 'expires_at'):
            op.create_index(op.f(f'ix_{table}_{column}'), table, [column])


def downgrade() -> None:
    for table in ('administrator_session', 'sign_in_link', 'administrator_organisation', 'administrator'):
        op.drop_table(table)
