"""Who may sign in, for which organisation, and as what: people, memberships, invitations and partner systems."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import CheckConstraint, Exists, F, Index, OuterRef, Q, UniqueConstraint
from django.db.models.functions import Lower
from oauth2_provider.models import AbstractApplication

from network.core.actor import CASEWORK, Actor, Role
from network.core.constraints import all_or_none, one_of

ROLES = [(role.value, role.value) for role in Role]


class UserManager(BaseUserManager["User"]):
    """Makes users whose address is compared without regard to case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(force_insert=True)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):  # type: ignore[django-manager-missing]  # the OAuth toolkit ships no types
    """One human being with one sign-in; accounts are never shared."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False, help_text="Operator of the installation: keeps reference data, never sees people.")
    is_demo = models.BooleanField(default=False, help_text="Made by the demo region; production refuses to start while one exists.")
    joined_at = models.DateTimeField()
    language = models.CharField(max_length=12, blank=True)
    undo_seconds = models.PositiveSmallIntegerField(
        default=10, choices=[(10, "10 seconds"), (30, "30 seconds"), (120, "2 minutes")], help_text="How long a move can be taken back."
    )
    acts_for = models.ForeignKey(
        "partners.Organization", null=True, blank=True, on_delete=models.SET_NULL, related_name="+",
        help_text="The organisation chosen last; a write acts for it.",
    )  # fmt: skip

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        constraints = [
            UniqueConstraint(Lower("email"), name="user_email_once_whatever_its_case"),
            CheckConstraint(name="user_undo_time_known", condition=Q(undo_seconds__in=[10, 30, 120])),
        ]

    def __str__(self) -> str:
        return self.name or self.email


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Reads of memberships."""

    def active(self) -> Self:
        """Memberships that have not ended, of users who may still sign in."""
        return self.filter(until__isnull=True, user__is_active=True)

    def visible_to(self, actor: Actor) -> Self:
        """Colleagues: members of the actor's own organisations."""
        return self.filter(organization__in=actor.organizations)


class Membership(models.Model):
    """What a user does for an organisation, and since when."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    organization = models.ForeignKey("partners.Organization", on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=ROLES)
    is_privacy_officer = models.BooleanField(default=False)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            UniqueConstraint(fields=["user", "organization", "role"], condition=Q(until__isnull=True), name="membership_once"),
            CheckConstraint(name="membership_role_known", condition=one_of("role", Role)),
            CheckConstraint(name="membership_ends_after_it_began", condition=Q(until__isnull=True) | Q(until__gte=F("since"))),
        ]
        # Who works here now: the members page and every question whether an organisation is on the network.
        indexes = [Index(name="membership_active", fields=["organization", "user"], condition=Q(until__isnull=True))]

    def __str__(self) -> str:
        return f"{self.role} {self.pk}"


class AbsenceQuerySet(models.QuerySet["Absence"]):
    """Reads of absences."""

    def visible_to(self, actor: Actor) -> Self:
        """Colleagues': whoever works there knows who is away."""
        return self.filter(organization__in=actor.organizations)

    def around(self, at: datetime) -> Self:
        """Those that may be running at `at`, whatever the organisation's time zone; `is_on` says whether they are."""
        day = timedelta(days=1)
        return self.filter(begins_on__lte=(at + day).date(), ends_on__gte=(at - day).date())

    def with_cover(self) -> Self:
        """Adds `is_covered`: whoever covers still works there."""
        works = Membership.objects.active().filter(user=OuterRef("cover"), organization=OuterRef("organization"), role__in=CASEWORK)
        return self.select_related("organization").annotate(is_covered=Exists(works))


class Absence(models.Model):
    """Days on which a member does not work for an organisation, and the colleague who covers. One at a time: a new one replaces it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="absences")
    organization = models.ForeignKey("partners.Organization", on_delete=models.CASCADE, related_name="+")
    begins_on = models.DateField(help_text="The first day away, in the organisation's own time zone.")
    ends_on = models.DateField(help_text="The last day away.")
    cover = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField(help_text="What the member takes on after this, knowing that they are away, stays with them.")
    is_covered: bool  # of `with_cover()`

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        constraints = [
            UniqueConstraint(fields=["user", "organization"], name="absence_once"),
            CheckConstraint(name="absence_in_order", condition=Q(ends_on__gte=F("begins_on"))),
            CheckConstraint(name="absence_covered_by_another", condition=Q(cover__isnull=True) | ~Q(cover=F("user"))),
        ]
        # Who is away today: asked for with every assignment, and by the sweep.
        indexes = [Index(name="absence_days", fields=["ends_on", "begins_on"])]

    def __str__(self) -> str:
        return str(self.pk)


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Reads of invitations."""

    def visible_to(self, actor: Actor) -> Self:
        """Those into an organisation that the actor administers, and all that coordinators sent."""
        mine = Q(organization__in=actor.administers)
        return self.filter(mine | Q(invited_for__in=actor.coordinates))

    def open(self, at: datetime) -> Self:
        """Not used, not withdrawn, not expired."""
        return self.filter(accepted_at__isnull=True, withdrawn_at__isnull=True, expires_at__gt=at)


class Invitation(models.Model):
    """A link by mail that lets one address join one organisation in one role."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("partners.Organization", on_delete=models.PROTECT, related_name="invitations")
    invited_for = models.ForeignKey(
        "partners.Organization",
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Whose member sent it: the organisation's own admin, or the convening one.",
    )
    invited_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    email = models.EmailField(max_length=254)
    role = models.CharField(max_length=20, choices=ROLES)
    token_hash = models.BinaryField(
        max_length=32,
        null=True,
        unique=True,
        help_text="Set by the task that sends the mail; the token itself is kept nowhere.",
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            CheckConstraint(name="invitation_role_known", condition=one_of("role", Role)),
            CheckConstraint(name="invitation_accepted_by_iff_accepted", condition=all_or_none("accepted_at", "accepted_by")),
            UniqueConstraint(
                "organization", Lower("email"), "role", name="invitation_open_once",
                condition=Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return str(self.pk)


class ClaimState(models.TextChoices):
    """Where a claim stands."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"


class ClaimQuerySet(models.QuerySet["Claim"]):
    """Reads of claims."""

    def visible_to(self, actor: Actor) -> Self:
        """All of them to coordinators, one's own to the user who made it."""
        if actor.coordinates:
            return self
        return self.filter(user=actor.id) if actor.id else self.none()


class Claim(models.Model):
    """Somebody says that a listed organisation is theirs; a coordinator checks and answers."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("partners.Organization", on_delete=models.PROTECT, related_name="claims")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="claims")
    evidence = models.CharField(max_length=1000, help_text="How the coordinator can check it: a work telephone, a page that names you.")
    state = models.CharField(max_length=10, choices=ClaimState.choices, default=ClaimState.ASKED)
    created_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)

    objects = ClaimQuerySet.as_manager()

    class Meta:
        constraints = [
            CheckConstraint(name="claim_state_known", condition=one_of("state", ClaimState)),
            CheckConstraint(
                name="claim_decided_iff_answered",
                condition=Q(state="asked", decided_at__isnull=True) | (~Q(state="asked") & Q(decided_at__isnull=False)),
            ),
            UniqueConstraint(fields=["organization", "user"], condition=Q(state="asked"), name="claim_asked_once"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class ApplicationQuerySet(models.QuerySet["Application"]):
    """Reads of partner systems' credentials."""

    def active(self) -> Self:
        return self.filter(revoked_at__isnull=True)

    def visible_to(self, actor: Actor) -> Self:
        """Credentials of organisations that the actor administers."""
        return self.filter(organization__in=actor.administers)

    def scoped(self, scopes: Iterable[str]) -> Self:
        """Those that were granted every one of `scopes`."""
        found = self
        for scope in scopes:
            found = found.filter(granted_scopes__contains=f" {scope} ")
        return found

    def get_by_natural_key(self, client_id: str) -> Application:
        found: Application = self.get(client_id=client_id)
        return found


class Application(AbstractApplication):
    """One credential of a partner system; rotation gives the same `system` a second one beside the old."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    system = models.UUIDField(
        default=uuid.uuid4,
        db_index=True,
        help_text="The partner system, constant over its credentials; events name it.",
    )
    organization = models.ForeignKey("partners.Organization", on_delete=models.PROTECT, related_name="applications")
    granted_scopes = models.CharField(max_length=400, help_text="Space separated, with a space at both ends.")
    granted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True)

    objects = ApplicationQuerySet.as_manager()

    class Meta(AbstractApplication.Meta):
        abstract = False
        swappable = "OAUTH2_PROVIDER_APPLICATION_MODEL"
        # Whether an organisation is on the network through a partner system.
        indexes = [Index(name="application_active", fields=["organization"], condition=Q(revoked_at__isnull=True))]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def scopes(self) -> frozenset[str]:
        return frozenset(self.granted_scopes.split())
