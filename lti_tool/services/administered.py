"""Which platforms and deployments an administrator looks after: everything is filtered by organisation.

A deployment belongs to an organisation. A platform whose issuer several share (Blackboard) holds deployments
of several: each administrator sees the platform and their own deployments. What concerns the platform as a
whole (its policy, origins, a pause, its end) is for those to whom all of it belongs, and for operators.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, or_, select

from lti_tool.errors import NotAllowed, NotFound
from lti_tool.extensions import db
from lti_tool.models import Deployment, Organisation, Platform
from lti_tool.services.administrators import ActingAdministrator


@dataclass(frozen=True)
class SeenPlatform:
    """A platform that an administrator may look at; `whole`: may decide about as a whole."""

    platform: Platform
    organisation: str
    whole: bool

    def must_be_whole(self) -> Platform:
        """Return the platform to decide about.

        :raises NotAllowed: it is shared with another organisation, or belongs to one.
        """
        if not self.whole:
            raise NotAllowed("not-the-whole-platform")
        return self.platform


def platform(admin: ActingAdministrator, platform_id: int, *, removed: bool = False) -> SeenPlatform:
    """Return a platform that is theirs, or holds a deployment of theirs. One statement.

    :param removed: whether one that was removed is wanted as well.
    :raises NotFound: there is none, none of it is theirs, or it was removed.
    """
    row = db.session.execute(
        select(Platform, Organisation.name, is_seen_by(admin), is_whole_of(admin))
        .join(Organisation, Organisation.id == Platform.organisation_id)
        .where(Platform.id == platform_id)
    ).one_or_none()
    if row is None or not row[2] or (row[0].removed_at is not None and not removed):
        raise NotFound("no-such-platform")
    return SeenPlatform(row[0], row[1], bool(row[3]))


def platforms(admin: ActingAdministrator) -> list[Platform]:
    """Return every platform that they see, by name, those that were removed as well. One statement."""
    return list(
        db.session.scalars(select(Platform).where(is_seen_by(admin)).order_by(Platform.name, Platform.id))
    )


def deployment(admin: ActingAdministrator, platform_id: int, number: int) -> Deployment:
    """Return one of their deployments by the number of its row. One statement.

    :raises NotFound: this platform has none like it or was removed, or it is another organisation's.
    """
    found = db.session.scalars(
        select(Deployment)
        .join(Platform, Platform.id == Deployment.platform_id)
        .where(Deployment.id == number, Deployment.platform_id == platform_id, Platform.removed_at.is_(None))
    ).one_or_none()
    if found is None:
        raise NotFound("no-such-deployment")
    admin.must_see(found.organisation_id)
    return found


def is_seen_by(admin: ActingAdministrator) -> ColumnElement[bool]:
    """Whether a platform, or a deployment of it, is theirs; to be used beside `Platform`."""
    if admin.operator:
        return Platform.id.is_not(None)
    theirs = exists().where(
        Deployment.platform_id == Platform.id, Deployment.organisation_id.in_(admin.organisation_ids)
    )
    return or_(Platform.organisation_id.in_(admin.organisation_ids), theirs.correlate(Platform))


def is_whole_of(admin: ActingAdministrator) -> ColumnElement[bool]:
    """Whether a platform is theirs with every deployment of it; to be used beside `Platform`."""
    if admin.operator:
        return Platform.id.is_not(None)
    of_others = exists().where(
        Deployment.platform_id == Platform.id, Deployment.organisation_id.not_in(admin.organisation_ids)
    )
    return Platform.organisation_id.in_(admin.organisation_ids) & ~of_others.correlate(Platform)
