"""The few tables of a learning platform that Open edX's LTI consumer asks for and does not bring itself."""

import uuid

from django.conf import settings
from django.db import models


class Profile(models.Model):
    """What edx-platform keeps beside a user; the consumer's roster prefetches it by this name."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="profile")
    name = models.CharField(max_length=200)


class ExternalId(models.Model):
    """The id that tools know a user by: `sub` in a launch, `user_id` in a roster."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE)
    external_user_id = models.UUIDField(default=uuid.uuid4, unique=True)


class Course(models.Model):
    """A course run. `member_limit`: above it nobody gets the roster, as edx-platform's setting has it."""

    key = models.CharField(max_length=200, unique=True)
    name = models.CharField(max_length=200)
    member_limit = models.IntegerField(null=True)


class Enrolment(models.Model):
    """Somebody in a course; `role` as edx-platform calls it (`instructor`, `staff`, `student` …)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    course = models.ForeignKey(Course, models.CASCADE)
    role = models.CharField(max_length=40)


class Block(models.Model):
    """An LTI consumer block in a course: what its author entered in Studio, by the names of its fields."""

    usage_key = models.CharField(max_length=250, unique=True)
    course = models.ForeignKey(Course, models.CASCADE)
    fields = models.JSONField(default=dict)


class Grade(models.Model):
    """What the block published for somebody: the learner's line on the progress page."""

    block = models.ForeignKey(Block, models.CASCADE)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    value = models.FloatField(null=True)
    maximum = models.FloatField(null=True)
