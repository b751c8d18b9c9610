"""The first stone: platforms, communities, people, contributions, grades.

Revision ID: 0001
Revises: 
"""

import sqlalchemy as sa
from alembic import op

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table('browser_session',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_browser_session')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_browser_session_token_hash'))
    )
    with op.batch_alter_table('browser_session', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_browser_session_expires_at'), ['expires_at'], unique=False)

    op.create_table('organisation',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organisation')),
    sa.UniqueConstraint('name', name=op.f('uq_organisation_name'))
    )
    op.create_table('tool_key',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kid', sa.String(length=64), nullable=False),
    sa.Column('signing', sa.Integer(), nullable=True),
    sa.Column('public_jwk', sa.JSON(), nullable=False),
    sa.Column('private_pem_encrypted', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tool_key')),
    sa.UniqueConstraint('kid', name=op.f('uq_tool_key_kid')),
    sa.UniqueConstraint('signing', name=op.f('uq_tool_key_signing'))
    )
    op.create_table('used_nonce',
    sa.Column('nonce', sa.String(length=64), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('nonce', name=op.f('pk_used_nonce'))
    )
    with op.batch_alter_table('used_nonce', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_used_nonce_expires_at'), ['expires_at'], unique=False)

    op.create_table('community',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=300), nullable=False),
    sa.Column('state', sa.Enum('open', 'closed', name='state', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('time_zone', sa.String(length=64), nullable=False),
    sa.Column('time_zone_confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('starts_on', sa.Date(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_community_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_community'))
    )
    with op.batch_alter_table('community', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_community_organisation_id'), ['organisation_id'], unique=False)

    op.create_table('platform',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('issuer', sa.String(length=500), nullable=False),
    sa.Column('client_id', sa.String(length=255), nullable=False),
    sa.Column('auth_url', sa.String(length=1000), nullable=False),
    sa.Column('token_url', sa.String(length=1000), nullable=False),
    sa.Column('jwks_url', sa.String(length=1000), nullable=False),
    sa.Column('token_audience', sa.String(length=1000), nullable=True),
    sa.Column('deployment_policy', sa.Enum('strict', 'first', 'automatic', name='deployment_policy', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('state', sa.Enum('active', 'suspended', name='state', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('key_set', sa.JSON(), nullable=True),
    sa.Column('key_set_fetched_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('key_set_refetch_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('clock_offset', sa.Float(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_platform_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_platform')),
    sa.UniqueConstraint('issuer', 'client_id', name=op.f('uq_platform_issuer_client_id'))
    )
    with op.batch_alter_table('platform', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_platform_organisation_id'), ['organisation_id'], unique=False)

    op.create_table('audit_entry',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('act', sa.String(length=60), nullable=False),
    sa.Column('actor_kind', sa.String(length=20), nullable=False),
    sa.Column('actor_id', sa.Integer(), nullable=True),
    sa.Column('organisation_id', sa.Integer(), nullable=True),
    sa.Column('community_id', sa.Integer(), nullable=True),
    sa.Column('subject', sa.String(length=80), nullable=True),
    sa.Column('detail', sa.JSON(), nullable=True),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_audit_entry_community_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_audit_entry_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_entry'))
    )
    with op.batch_alter_table('audit_entry', schema=None) as batch_op:
        batch_op.create_index('ix_audit_entry_community_id_at', ['community_id', 'at'], unique=False)
        batch_op.create_index(batch_op.f('ix_audit_entry_organisation_id'), ['organisation_id'], unique=False)

    op.create_table('deployment',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('platform_id', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('deployment_id', sa.String(length=255), nullable=False),
    sa.Column('state', sa.Enum('accepted', 'waiting', name='state', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_deployment_organisation_id')),
    sa.ForeignKeyConstraint(['platform_id'], ['platform.id'], name=op.f('fk_deployment_platform_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deployment')),
    sa.UniqueConstraint('platform_id', 'deployment_id', name=op.f('uq_deployment_platform_id_deployment_id'))
    )
    with op.batch_alter_table('deployment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_deployment_organisation_id'), ['organisation_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_deployment_platform_id'), ['platform_id'], unique=False)

    op.create_table('period',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('community_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_period_community_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_period')),
    sa.UniqueConstraint('community_id', 'number', name=op.f('uq_period_community_id_number'))
    )
    with op.batch_alter_table('period', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_period_community_id'), ['community_id'], unique=False)

    op.create_table('user_account',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('platform_id', sa.Integer(), nullable=False),
    sa.Column('sub', sa.String(length=255), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=True),
    sa.Column('given_name', sa.String(length=200), nullable=True),
    sa.Column('family_name', sa.String(length=200), nullable=True),
    sa.Column('email', sa.String(length=320), nullable=True),
    sa.Column('picture', sa.String(length=1000), nullable=True),
    sa.Column('locale', sa.String(length=35), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['platform_id'], ['platform.id'], name=op.f('fk_user_account_platform_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_user_account')),
    sa.UniqueConstraint('platform_id', 'sub', name=op.f('uq_user_account_platform_id_sub'))
    )
    with op.batch_alter_table('user_account', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_user_account_platform_id'), ['platform_id'], unique=False)

    op.create_table('course',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('deployment_id', sa.Integer(), nullable=False),
    sa.Column('community_id', sa.Integer(), nullable=True),
    sa.Column('context_id', sa.String(length=255), nullable=False),
    sa.Column('title', sa.String(length=300), nullable=True),
    sa.Column('label', sa.String(length=200), nullable=True),
    sa.Column('line_items_url', sa.Text(), nullable=True),
    sa.Column('grade_scopes', sa.JSON(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_course_community_id')),
    sa.ForeignKeyConstraint(['deployment_id'], ['deployment.id'], name=op.f('fk_course_deployment_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_course')),
    sa.UniqueConstraint('deployment_id', 'context_id', name=op.f('uq_course_deployment_id_context_id'))
    )
    with op.batch_alter_table('course', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_course_community_id'), ['community_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_course_deployment_id'), ['deployment_id'], unique=False)

    op.create_table('kept_text',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('community_id', sa.Integer(), nullable=False),
    sa.Column('address', sa.Text(), nullable=False),
    sa.Column('fields', sa.Text(), nullable=False),
    sa.Column('kept_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_kept_text_community_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_kept_text_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_kept_text'))
    )
    with op.batch_alter_table('kept_text', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_kept_text_community_id'), ['community_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_kept_text_expires_at'), ['expires_at'], unique=False)
        batch_op.create_index('ix_kept_text_user_id_community_id', ['user_id', 'community_id', 'id'], unique=False)

    op.create_table('membership',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('community_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('active', 'muted', 'removed', name='state', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('appointed_role', sa.Enum('learner', 'trainer', 'pedagogical_lead', 'community_manager', 'sponsor', 'guest_expert', 'observer', name='appointed_role', native_enum=False, create_constraint=True, length=40), nullable=True),
    sa.Column('appointed_by_id', sa.Integer(), nullable=True),
    sa.Column('appointed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('appointed_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('pseudonym', sa.String(length=80), nullable=True),
    sa.Column('locale', sa.String(length=35), nullable=True),
    sa.Column('theme', sa.String(length=10), nullable=True),
    sa.Column('joined_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_seen_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_visit_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['appointed_by_id'], ['membership.id'], name=op.f('fk_membership_appointed_by_id')),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_membership_community_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_membership_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_membership')),
    sa.UniqueConstraint('community_id', 'user_id', name=op.f('uq_membership_community_id_user_id'))
    )
    with op.batch_alter_table('membership', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_membership_community_id'), ['community_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_membership_user_id'), ['user_id'], unique=False)

    op.create_table('enrolment',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('course_id', sa.Integer(), nullable=False),
    sa.Column('launch_roles', sa.JSON(), nullable=False),
    sa.Column('launch_role', sa.Enum('learner', 'trainer', 'pedagogical_lead', 'community_manager', 'sponsor', 'guest_expert', 'observer', name='launch_role', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('launched_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('lower_roles', sa.JSON(), nullable=True),
    sa.Column('lower_role', sa.Enum('learner', 'trainer', 'pedagogical_lead', 'community_manager', 'sponsor', 'guest_expert', 'observer', name='lower_role', native_enum=False, create_constraint=True, length=40), nullable=True),
    sa.Column('lowered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('roster_roles', sa.JSON(), nullable=True),
    sa.Column('roster_role', sa.Enum('learner', 'trainer', 'pedagogical_lead', 'community_manager', 'sponsor', 'guest_expert', 'observer', name='roster_role', native_enum=False, create_constraint=True, length=40), nullable=True),
    sa.Column('rostered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('test_user', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['course_id'], ['course.id'], name=op.f('fk_enrolment_course_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_enrolment_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_enrolment')),
    sa.UniqueConstraint('user_id', 'course_id', name=op.f('uq_enrolment_user_id_course_id'))
    )
    with op.batch_alter_table('enrolment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_enrolment_course_id'), ['course_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_enrolment_user_id'), ['user_id'], unique=False)

    op.create_table('grading_policy',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('community_id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('settings', sa.JSON(), nullable=False),
    sa.Column('time_zone', sa.String(length=64), nullable=False),
    sa.Column('decided_by_id', sa.Integer(), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_grading_policy_community_id')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['membership.id'], name=op.f('fk_grading_policy_decided_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_grading_policy')),
    sa.UniqueConstraint('community_id', 'version', name=op.f('uq_grading_policy_community_id_version'))
    )
    with op.batch_alter_table('grading_policy', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_grading_policy_community_id'), ['community_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_grading_policy_decided_by_id'), ['decided_by_id'], unique=False)

    op.create_table('launch_record',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('reference', sa.String(length=20), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('outcome', sa.String(length=20), nullable=False),
    sa.Column('code', sa.String(length=60), nullable=True),
    sa.Column('detail', sa.Text(), nullable=True),
    sa.Column('platform_id', sa.Integer(), nullable=True),
    sa.Column('issuer', sa.String(length=500), nullable=True),
    sa.Column('client_id', sa.String(length=255), nullable=True),
    sa.Column('deployment', sa.String(length=255), nullable=True),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('course_id', sa.Integer(), nullable=True),
    sa.Column('claims', sa.JSON(), nullable=True),
    sa.ForeignKeyConstraint(['course_id'], ['course.id'], name=op.f('fk_launch_record_course_id')),
    sa.ForeignKeyConstraint(['platform_id'], ['platform.id'], name=op.f('fk_launch_record_platform_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_launch_record_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_launch_record')),
    sa.UniqueConstraint('reference', name=op.f('uq_launch_record_reference'))
    )
    with op.batch_alter_table('launch_record', schema=None) as batch_op:
        batch_op.create_index('ix_launch_record_at', ['at'], unique=False)
        batch_op.create_index(batch_op.f('ix_launch_record_course_id'), ['course_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_launch_record_platform_id'), ['platform_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_launch_record_user_id'), ['user_id'], unique=False)

    op.create_table('post',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('community_id', sa.Integer(), nullable=False),
    sa.Column('author_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('discussion', 'question', name='kind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('title', sa.String(length=140), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('comment_count', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('edited_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('edit_count', sa.Integer(), nullable=False),
    sa.Column('deleted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_activity_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_activity_by_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['author_id'], ['membership.id'], name=op.f('fk_post_author_id')),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_post_community_id')),
    sa.ForeignKeyConstraint(['last_activity_by_id'], ['membership.id'], name=op.f('fk_post_last_activity_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_post'))
    )
    with op.batch_alter_table('post', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_post_author_id'), ['author_id'], unique=False)
        batch_op.create_index('ix_post_community_id_created_at', ['community_id', 'created_at', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_post_last_activity_by_id'), ['last_activity_by_id'], unique=False)

    op.create_table('resource_link',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('course_id', sa.Integer(), nullable=False),
    sa.Column('resource_link_id', sa.String(length=255), nullable=False),
    sa.Column('title', sa.String(length=300), nullable=True),
    sa.Column('target', sa.Text(), nullable=True),
    sa.Column('return_url', sa.Text(), nullable=True),
    sa.Column('line_item_url', sa.Text(), nullable=True),
    sa.Column('launched_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['course_id'], ['course.id'], name=op.f('fk_resource_link_course_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_resource_link')),
    sa.UniqueConstraint('course_id', 'resource_link_id', name=op.f('uq_resource_link_course_id_resource_link_id'))
    )
    with op.batch_alter_table('resource_link', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_resource_link_course_id'), ['course_id'], unique=False)

    op.create_table('comment',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('community_id', sa.Integer(), nullable=False),
    sa.Column('post_id', sa.Integer(), nullable=False),
    sa.Column('author_id', sa.Integer(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('edited_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('edit_count', sa.Integer(), nullable=False),
    sa.Column('deleted_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['author_id'], ['membership.id'], name=op.f('fk_comment_author_id')),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_comment_community_id')),
    sa.ForeignKeyConstraint(['post_id'], ['post.id'], name=op.f('fk_comment_post_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_comment'))
    )
    with op.batch_alter_table('comment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_comment_author_id'), ['author_id'], unique=False)
        batch_op.create_index('ix_comment_community_id_created_at', ['community_id', 'created_at'], unique=False)
        batch_op.create_index('ix_comment_post_id_created_at', ['post_id', 'created_at', 'id'], unique=False)

    op.create_table('grade_column',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('community_id', sa.Integer(), nullable=False),
    sa.Column('uuid', sa.String(length=36), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('maximum', sa.Numeric(precision=9, scale=2), nullable=False),
    sa.Column('policy_id', sa.Integer(), nullable=False),
    sa.Column('switched_on_by_id', sa.Integer(), nullable=False),
    sa.Column('switched_on_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_grade_column_community_id')),
    sa.ForeignKeyConstraint(['policy_id'], ['grading_policy.id'], name=op.f('fk_grade_column_policy_id')),
    sa.ForeignKeyConstraint(['switched_on_by_id'], ['membership.id'], name=op.f('fk_grade_column_switched_on_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_grade_column')),
    sa.UniqueConstraint('community_id', name=op.f('uq_grade_column_community_id')),
    sa.UniqueConstraint('uuid', name=op.f('uq_grade_column_uuid'))
    )
    with op.batch_alter_table('grade_column', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_grade_column_policy_id'), ['policy_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_grade_column_switched_on_by_id'), ['switched_on_by_id'], unique=False)

    op.create_table('seat',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('browser_session_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('course_id', sa.Integer(), nullable=False),
    sa.Column('community_id', sa.Integer(), nullable=False),
    sa.Column('resource_link_id', sa.Integer(), nullable=True),
    sa.Column('role', sa.Enum('learner', 'trainer', 'pedagogical_lead', 'community_manager', 'sponsor', 'guest_expert', 'observer', name='role', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('test_user', sa.Boolean(), nullable=False),
    sa.Column('locale', sa.String(length=35), nullable=True),
    sa.Column('document_target', sa.String(length=20), nullable=True),
    sa.Column('return_url', sa.Text(), nullable=True),
    sa.Column('frame_origins', sa.JSON(), nullable=False),
    sa.Column('launched_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['browser_session_id'], ['browser_session.id'], name=op.f('fk_seat_browser_session_id')),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_seat_community_id')),
    sa.ForeignKeyConstraint(['course_id'], ['course.id'], name=op.f('fk_seat_course_id')),
    sa.ForeignKeyConstraint(['resource_link_id'], ['resource_link.id'], name=op.f('fk_seat_resource_link_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_seat_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_seat')),
    sa.UniqueConstraint('browser_session_id', 'user_id', 'course_id', name=op.f('uq_seat_browser_session_id_user_id_course_id'))
    )
    with op.batch_alter_table('seat', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_seat_browser_session_id'), ['browser_session_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_seat_community_id'), ['community_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_seat_course_id'), ['course_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_seat_launched_at'), ['launched_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_seat_user_id'), ['user_id'], unique=False)

    op.create_table('change',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('community_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=30), nullable=False),
    sa.Column('post_id', sa.Integer(), nullable=False),
    sa.Column('comment_id', sa.Integer(), nullable=True),
    sa.Column('actor_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['actor_id'], ['membership.id'], name=op.f('fk_change_actor_id')),
    sa.ForeignKeyConstraint(['comment_id'], ['comment.id'], name=op.f('fk_change_comment_id')),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_change_community_id')),
    sa.ForeignKeyConstraint(['post_id'], ['post.id'], name=op.f('fk_change_post_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_change'))
    )
    with op.batch_alter_table('change', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_change_actor_id'), ['actor_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_change_comment_id'), ['comment_id'], unique=False)
        batch_op.create_index('ix_change_community_id_id', ['community_id', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_change_post_id'), ['post_id'], unique=False)

    op.create_table('contribution_fact',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('community_id', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('actor_id', sa.Integer(), nullable=False),
    sa.Column('act', sa.String(length=20), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('post_id', sa.Integer(), nullable=False),
    sa.Column('comment_id', sa.Integer(), nullable=True),
    sa.Column('words', sa.Integer(), nullable=True),
    sa.Column('copied', sa.String(length=40), nullable=True),
    sa.Column('helped_id', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['actor_id'], ['membership.id'], name=op.f('fk_contribution_fact_actor_id')),
    sa.ForeignKeyConstraint(['comment_id'], ['comment.id'], name=op.f('fk_contribution_fact_comment_id')),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_contribution_fact_community_id')),
    sa.ForeignKeyConstraint(['helped_id'], ['membership.id'], name=op.f('fk_contribution_fact_helped_id')),
    sa.ForeignKeyConstraint(['member_id'], ['membership.id'], name=op.f('fk_contribution_fact_member_id')),
    sa.ForeignKeyConstraint(['post_id'], ['post.id'], name=op.f('fk_contribution_fact_post_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contribution_fact'))
    )
    with op.batch_alter_table('contribution_fact', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_contribution_fact_actor_id'), ['actor_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_contribution_fact_comment_id'), ['comment_id'], unique=False)
        batch_op.create_index('ix_contribution_fact_community_id_member_id', ['community_id', 'member_id', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_contribution_fact_helped_id'), ['helped_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_contribution_fact_member_id'), ['member_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_contribution_fact_post_id'), ['post_id'], unique=False)

    op.create_table('line_item',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('column_id', sa.Integer(), nullable=False),
    sa.Column('course_id', sa.Integer(), nullable=False),
    sa.Column('resource_link_id', sa.Integer(), nullable=True),
    sa.Column('state', sa.Enum('wanted', 'bound', 'refused', name='state', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('ours', sa.Boolean(), nullable=False),
    sa.Column('url', sa.Text(), nullable=True),
    sa.Column('label', sa.String(length=300), nullable=True),
    sa.Column('maximum', sa.Numeric(precision=14, scale=5), nullable=True),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lease', sa.String(length=36), nullable=True),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('problem', sa.String(length=40), nullable=True),
    sa.Column('problem_detail', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['column_id'], ['grade_column.id'], name=op.f('fk_line_item_column_id')),
    sa.ForeignKeyConstraint(['course_id'], ['course.id'], name=op.f('fk_line_item_course_id')),
    sa.ForeignKeyConstraint(['resource_link_id'], ['resource_link.id'], name=op.f('fk_line_item_resource_link_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_line_item')),
    sa.UniqueConstraint('column_id', 'course_id', name=op.f('uq_line_item_column_id_course_id'))
    )
    with op.batch_alter_table('line_item', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_line_item_column_id'), ['column_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_line_item_course_id'), ['course_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_line_item_due_at'), ['due_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_line_item_resource_link_id'), ['resource_link_id'], unique=False)

    op.create_table('revision',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('community_id', sa.Integer(), nullable=False),
    sa.Column('post_id', sa.Integer(), nullable=True),
    sa.Column('comment_id', sa.Integer(), nullable=True),
    sa.Column('title', sa.String(length=140), nullable=True),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('replaced_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('replaced_by_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['comment_id'], ['comment.id'], name=op.f('fk_revision_comment_id')),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_revision_community_id')),
    sa.ForeignKeyConstraint(['post_id'], ['post.id'], name=op.f('fk_revision_post_id')),
    sa.ForeignKeyConstraint(['replaced_by_id'], ['membership.id'], name=op.f('fk_revision_replaced_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_revision'))
    )
    with op.batch_alter_table('revision', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_revision_comment_id'), ['comment_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_revision_community_id'), ['community_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_revision_post_id'), ['post_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_revision_replaced_by_id'), ['replaced_by_id'], unique=False)

    op.create_table('score_statement',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('column_id', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('as_of', sa.DateTime(timezone=True), nullable=False),
    sa.Column('policy_version', sa.Integer(), nullable=False),
    sa.Column('score', sa.Numeric(precision=9, scale=2), nullable=False),
    sa.Column('maximum', sa.Numeric(precision=9, scale=2), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('record', sa.JSON(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['column_id'], ['grade_column.id'], name=op.f('fk_score_statement_column_id')),
    sa.ForeignKeyConstraint(['member_id'], ['membership.id'], name=op.f('fk_score_statement_member_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_score_statement'))
    )
    with op.batch_alter_table('score_statement', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_score_statement_column_id'), ['column_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_score_statement_member_id'), ['member_id'], unique=False)

    op.create_table('score_delivery',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('line_item_id', sa.Integer(), nullable=False),
    sa.Column('enrolment_id', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('ready', 'due', 'sending', 'confirmed', 'held', 'kept', 'refused', name='state', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('asked_by_id', sa.Integer(), nullable=True),
    sa.Column('asked_since', sa.Boolean(), nullable=False),
    sa.Column('changed_since', sa.Boolean(), nullable=False),
    sa.Column('lease', sa.String(length=36), nullable=True),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('attempt_open', sa.Boolean(), nullable=False),
    sa.Column('attempted_statement_id', sa.Integer(), nullable=True),
    sa.Column('attempted_value', sa.Numeric(precision=9, scale=2), nullable=True),
    sa.Column('attempted_maximum', sa.Numeric(precision=9, scale=2), nullable=True),
    sa.Column('attempted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('confirmed_statement_id', sa.Integer(), nullable=True),
    sa.Column('confirmed_value', sa.Numeric(precision=9, scale=2), nullable=True),
    sa.Column('confirmed_maximum', sa.Numeric(precision=9, scale=2), nullable=True),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_timestamp', sa.DateTime(timezone=True), nullable=True),
    sa.Column('theirs_value', sa.Numeric(precision=14, scale=5), nullable=True),
    sa.Column('theirs_maximum', sa.Numeric(precision=14, scale=5), nullable=True),
    sa.Column('theirs_empty', sa.Boolean(), nullable=False),
    sa.Column('theirs_seen_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('overwrite', sa.Boolean(), nullable=False),
    sa.Column('problem', sa.String(length=40), nullable=True),
    sa.Column('problem_detail', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['asked_by_id'], ['membership.id'], name=op.f('fk_score_delivery_asked_by_id')),
    sa.ForeignKeyConstraint(['attempted_statement_id'], ['score_statement.id'], name=op.f('fk_score_delivery_attempted_statement_id')),
    sa.ForeignKeyConstraint(['confirmed_statement_id'], ['score_statement.id'], name=op.f('fk_score_delivery_confirmed_statement_id')),
    sa.ForeignKeyConstraint(['enrolment_id'], ['enrolment.id'], name=op.f('fk_score_delivery_enrolment_id')),
    sa.ForeignKeyConstraint(['line_item_id'], ['line_item.id'], name=op.f('fk_score_delivery_line_item_id')),
    sa.ForeignKeyConstraint(['member_id'], ['membership.id'], name=op.f('fk_score_delivery_member_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_score_delivery')),
    sa.UniqueConstraint('line_item_id', 'enrolment_id', name=op.f('uq_score_delivery_line_item_id_enrolment_id'))
    )
    with op.batch_alter_table('score_delivery', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_score_delivery_asked_by_id'), ['asked_by_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_score_delivery_attempted_statement_id'), ['attempted_statement_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_score_delivery_confirmed_statement_id'), ['confirmed_statement_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_score_delivery_enrolment_id'), ['enrolment_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_score_delivery_line_item_id'), ['line_item_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_score_delivery_member_id'), ['member_id'], unique=False)
        batch_op.create_index('ix_score_delivery_state_due_at', ['state', 'due_at'], unique=False)




def downgrade() -> None:

    with op.batch_alter_table('score_delivery', schema=None) as batch_op:
        batch_op.drop_index('ix_score_delivery_state_due_at')
        batch_op.drop_index(batch_op.f('ix_score_delivery_member_id'))
        batch_op.drop_index(batch_op.f('ix_score_delivery_line_item_id'))
        batch_op.drop_index(batch_op.f('ix_score_delivery_enrolment_id'))
        batch_op.drop_index(batch_op.f('ix_score_delivery_confirmed_statement_id'))
        batch_op.drop_index(batch_op.f('ix_score_delivery_attempted_statement_id'))
        batch_op.drop_index(batch_op.f('ix_score_delivery_asked_by_id'))

    op.drop_table('score_delivery')
    with op.batch_alter_table('score_statement', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_score_statement_member_id'))
        batch_op.drop_index(batch_op.f('ix_score_statement_column_id'))

    op.drop_table('score_statement')
    with op.batch_alter_table('revision', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_revision_replaced_by_id'))
        batch_op.drop_index(batch_op.f('ix_revision_post_id'))
        batch_op.drop_index(batch_op.f('ix_revision_community_id'))
        batch_op.drop_index(batch_op.f('ix_revision_comment_id'))

    op.drop_table('revision')
    with op.batch_alter_table('line_item', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_line_item_resource_link_id'))
        batch_op.drop_index(batch_op.f('ix_line_item_due_at'))
        batch_op.drop_index(batch_op.f('ix_line_item_course_id'))
        batch_op.drop_index(batch_op.f('ix_line_item_column_id'))

    op.drop_table('line_item')
    with op.batch_alter_table('contribution_fact', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_contribution_fact_post_id'))
        batch_op.drop_index(batch_op.f('ix_contribution_fact_member_id'))
        batch_op.drop_index(batch_op.f('ix_contribution_fact_helped_id'))
        batch_op.drop_index('ix_contribution_fact_community_id_member_id')
        batch_op.drop_index(batch_op.f('ix_contribution_fact_comment_id'))
        batch_op.drop_index(batch_op.f('ix_contribution_fact_actor_id'))

    op.drop_table('contribution_fact')
    with op.batch_alter_table('change', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_change_post_id'))
        batch_op.drop_index('ix_change_community_id_id')
        batch_op.drop_index(batch_op.f('ix_change_comment_id'))
        batch_op.drop_index(batch_op.f('ix_change_actor_id'))

    op.drop_table('change')
    with op.batch_alter_table('seat', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_seat_user_id'))
        batch_op.drop_index(batch_op.f('ix_seat_launched_at'))
        batch_op.drop_index(batch_op.f('ix_seat_course_id'))
        batch_op.drop_index(batch_op.f('ix_seat_community_id'))
        batch_op.drop_index(batch_op.f('ix_seat_browser_session_id'))

    op.drop_table('seat')
    with op.batch_alter_table('grade_column', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_grade_column_switched_on_by_id'))
        batch_op.drop_index(batch_op.f('ix_grade_column_policy_id'))

    op.drop_table('grade_column')
    with op.batch_alter_table('comment', schema=None) as batch_op:
        batch_op.drop_index('ix_comment_post_id_created_at')
        batch_op.drop_index('ix_comment_community_id_created_at')
        batch_op.drop_index(batch_op.f('ix_comment_author_id'))

    op.drop_table('comment')
    with op.batch_alter_table('resource_link', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_resource_link_course_id'))

    op.drop_table('resource_link')
    with op.batch_alter_table('post', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_post_last_activity_by_id'))
        batch_op.drop_index('ix_post_community_id_created_at')
        batch_op.drop_index(batch_op.f('ix_post_author_id'))

    op.drop_table('post')
    with op.batch_alter_table('launch_record', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_launch_record_user_id'))
        batch_op.drop_index(batch_op.f('ix_launch_record_platform_id'))
        batch_op.drop_index(batch_op.f('ix_launch_record_course_id'))
        batch_op.drop_index('ix_launch_record_at')

    op.drop_table('launch_record')
    with op.batch_alter_table('grading_policy', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_grading_policy_decided_by_id'))
        batch_op.drop_index(batch_op.f('ix_grading_policy_community_id'))

    op.drop_table('grading_policy')
    with op.batch_alter_table('enrolment', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_enrolment_user_id'))
        batch_op.drop_index(batch_op.f('ix_enrolment_course_id'))

    op.drop_table('enrolment')
    with op.batch_alter_table('membership', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_membership_user_id'))
        batch_op.drop_index(batch_op.f('ix_membership_community_id'))

    op.drop_table('membership')
    with op.batch_alter_table('kept_text', schema=None) as batch_op:
        batch_op.drop_index('ix_kept_text_user_id_community_id')
        batch_op.drop_index(batch_op.f('ix_kept_text_expires_at'))
        batch_op.drop_index(batch_op.f('ix_kept_text_community_id'))

    op.drop_table('kept_text')
    with op.batch_alter_table('course', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_course_deployment_id'))
        batch_op.drop_index(batch_op.f('ix_course_community_id'))

    op.drop_table('course')
    with op.batch_alter_table('user_account', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_user_account_platform_id'))

    op.drop_table('user_account')
    with op.batch_alter_table('period', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_period_community_id'))

    op.drop_table('period')
    with op.batch_alter_table('deployment', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_deployment_platform_id'))
        batch_op.drop_index(batch_op.f('ix_deployment_organisation_id'))

    op.drop_table('deployment')
    with op.batch_alter_table('audit_entry', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_audit_entry_organisation_id'))
        batch_op.drop_index('ix_audit_entry_community_id_at')

    op.drop_table('audit_entry')
    with op.batch_alter_table('platform', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_platform_organisation_id'))

    op.drop_table('platform')
    with op.batch_alter_table('community', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_community_organisation_id'))

    op.drop_table('community')
    with op.batch_alter_table('used_nonce', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_used_nonce_expires_at'))

    op.drop_table('used_nonce')
    op.drop_table('tool_key')
    op.drop_table('organisation')
    with op.batch_alter_table('browser_session', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_browser_session_expires_at'))

    op.drop_table('browser_session')

