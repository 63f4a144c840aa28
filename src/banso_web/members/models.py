"""Members of the organisation, their roles as data, invitations and API keys."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models


class Role(models.Model):
    """A role is data: its names may be edited, its permissions are a list of keys of `registry.permissions`."""

    key = models.SlugField(max_length=30, unique=True)
    name_ja = models.CharField(max_length=60)
    name_en = models.CharField(max_length=60)
    permissions = models.JSONField(default=list)
    built_in = models.BooleanField(default=False)
    order = models.IntegerField(default=100)


class MemberManager(BaseUserManager["Member"]):
    def get_by_natural_key(self, username: str | None) -> Member:
        return self.get(email__iexact=username)


class Member(AbstractBaseUser):
    """A person of the organisation. Without a granted role a member may do nothing (imported members start so)."""

    code = models.CharField(max_length=200, unique=True)
    name = models.CharField(max_length=200)
    email = models.EmailField(null=True, unique=True)
    job = models.CharField(
        max_length=20, default="member"
    )  # the file's `role`: what they do, not what they may
    roles = models.ManyToManyField(Role, related_name="members")
    manager = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="reports")
    monthly_hours = models.DecimalField(max_digits=6, decimal_places=1, null=True)
    internal_share = models.DecimalField(max_digits=5, decimal_places=4, null=True)
    joined_on = models.DateField(null=True)
    is_active = models.BooleanField(default=True)
    incomplete = models.BooleanField(default=False)  # known only from another file: 未整備
    entry = models.ForeignKey("core.Entry", null=True, on_delete=models.PROTECT, related_name="+")

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects = MemberManager()

    @property
    def permissions(self) -> frozenset[str]:
        """Every permission of every granted role (read once per request's member object)."""
        cached: frozenset[str] | None = self.__dict__.get("_permissions")
        if cached is None:
            lists = self.roles.values_list("permissions", flat=True) if self.is_active else []
            cached = frozenset(key for keys in lists for key in keys)
            self.__dict__["_permissions"] = cached
        return cached

    def may(self, permission: str) -> bool:
        """Whether a granted role holds the permission."""
        return permission in self.permissions

    def get_full_name(self) -> str:
        return self.name

    def __str__(self) -> str:
        return self.name


class Invitation(models.Model):
    """An invitation by token (only its hash is kept); also the first-run set-up token and password resets by command."""

    class Purpose(models.TextChoices):
        SETUP = "setup"
        INVITE = "invite"
        RESET = "reset"
        ENTER = "enter"  # break-glass: one log-in past an enforced OpenID Connect

    purpose = models.CharField(max_length=6, choices=Purpose)
    token_hash = models.CharField(max_length=64, unique=True)
    email = models.EmailField(default="")
    name = models.CharField(max_length=200, default="")
    roles = models.ManyToManyField(Role)
    member = models.ForeignKey(Member, null=True, on_delete=models.CASCADE, related_name="+")
    made_by = models.ForeignKey(Member, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class ApiKey(models.Model):
    """A key for the REST API: acts with its member's rights, cut down to its scopes. Only a hash is kept."""

    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12, unique=True)
    key_hash = models.CharField(max_length=64)
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="api_keys")
    scopes = models.JSONField(default=list)  # read, write, import, metrics, admin
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_on = models.DateField(null=True)
