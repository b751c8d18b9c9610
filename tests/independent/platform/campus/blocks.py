"""Runs Open edX's own LTI consumer block: a small XBlock runtime with the services that it asks for."""

from types import SimpleNamespace

from lti_consumer.lti_xblock import LtiConsumerXBlock
from opaque_keys.edx.keys import UsageKey
from xblock.core import XBlockMixin
from xblock.field_data import DictFieldData
from xblock.fields import DateTime, Scope, ScopeIds, Timedelta
from xblock.reference.user_service import UserService, XBlockUser
from xblock.runtime import MemoryIdManager, Runtime

from campus.models import Block, Course, Enrolment, ExternalId, Grade


class LmsFields(XBlockMixin):
    """The fields that edx-platform mixes into every block and this one reads."""

    start = DateTime(scope=Scope.settings, default=None)
    due = DateTime(scope=Scope.settings, default=None)
    graceperiod = Timedelta(scope=Scope.settings, default=None)


class CourseUser(UserService):
    """Who looks at the block, in the words of edx-platform's own user service."""

    def __init__(self, user, course: Course) -> None:
        super().__init__()
        self._user, self._course = user, course

    def get_current_user(self) -> XBlockUser:
        enrolment = Enrolment.objects.filter(user=self._user, course=self._course).first()
        found = XBlockUser(is_current_user=True, emails=[self._user.email], full_name=self._user.profile.name)
        found.opt_attrs = {
            "edx-platform.is_authenticated": self._user.is_authenticated,
            "edx-platform.user_id": self._user.id,
            "edx-platform.username": self._user.username,
            "edx-platform.user_role": enrolment.role if enrolment else "guest",
            "edx-platform.user_is_staff": self._user.is_staff,
            "edx-platform.user_preferences": {},
        }
        return found

    def get_external_user_id(self, type_name: str) -> str:
        return str(ExternalId.objects.get_or_create(user=self._user)[0].external_user_id)


class CourseRuntime(Runtime):
    """What a block finds around it: the person who looks, and a gradebook that takes what it publishes."""

    def __init__(self, stored: Block, user) -> None:
        ids = MemoryIdManager()
        services = {"rebind_user": SimpleNamespace(rebind_noauth_module_to_user=lambda block, user: None)}
        if user is not None:
            services["user"] = CourseUser(user, stored.course)
        super().__init__(id_reader=ids, id_generator=ids, mixins=(LmsFields,), services=services)
        self._stored = stored

    def publish(self, block, event_type, event_data) -> None:
        """Write a grade where edx-platform would."""
        assert event_type == "grade", event_type
        Grade.objects.update_or_create(
            block=self._stored,
            user_id=event_data["user_id"],
            defaults={"value": event_data["value"], "maximum": event_data["max_value"]},
        )

    def handler_url(self, block, handler_name, suffix="", query="", thirdparty=False) -> str:
        raise NotImplementedError("only LTI 1.1 has handlers")

    def resource_url(self, resource) -> str:
        raise NotImplementedError(resource)

    def local_resource_url(self, block, uri) -> str:
        return f"/static/{uri}"


def load(location: UsageKey, user=None) -> LtiConsumerXBlock:
    """Return the block as it stands, bound to `user` when somebody looks at it.

    :raises ValueError: there is no such block; what the consumer expects of the LMS.
    """
    stored = Block.objects.select_related("course").filter(usage_key=str(location)).first()
    if stored is None:
        raise ValueError(f"no block at {location}")
    fields = dict(stored.fields)
    grade = Grade.objects.filter(block=stored, user=user).first() if user is not None else None
    if grade is not None:
        fields["module_score"] = grade.value
    key = UsageKey.from_string(stored.usage_key)
    ids = ScopeIds(user.id if user is not None else None, key.block_type, key, key)
    runtime = CourseRuntime(stored, user)
    return runtime.construct_xblock_from_class(LtiConsumerXBlock, ids, DictFieldData(fields))
