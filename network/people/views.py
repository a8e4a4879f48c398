"""The API of people: the record, safe contact, consents, and who has read what."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from network.core import crypto, etags, idempotency
from network.core.api import Resource, documented
from network.core.errors import Malformed, NotFound, NotYours
from network.core.models import Event

from . import actions, reading, serializers
from .models import Consent, FieldGroup, Person, SafeContact

ID = "6f1b1a52-3f0e-4b7e-9d0c-0000000002{:02x}".format
AT = "2026-03-02T09:30:00Z"
PERSON = {
    "id": ID(1), "organization": ID(2), "code_name": "AK", "code_only": False, "name": "A name to use", "birth_date": None, "address": None,
    "languages": ["ar"], "has_safe_contact": True, "created_at": AT, "version": 1,
}  # fmt: skip
SAFETY: dict[str, Any] = {
    "through_keeper": False, "channels": [{"channel": "text", "rule": "allowed", "may_leave_message": None, "address": "202-555-0100"}],
    "opens_at": None, "closes_at": None, "weekdays": "MO,TU", "time_zone": "America/Boise", "language": "ar", "safe_name": None,
    "note": None,
}  # fmt: skip
SAFETY_SAID = {"through_keeper": False, "channels": [{"channel": "text", "rule": "allowed", "address": "202-555-0100"}]}
CONSENT: dict[str, Any] = {
    "id": ID(3), "person": ID(1), "given_by": "person", "purpose": "referral", "fields": ["identity", "contact"],
    "before_acceptance": False, "given_at": AT, "until": "2026-09-01T00:00:00Z", "how": "in-person", "withdrawn_at": None,
    "recipients": [{"organization": ID(4), "withdrawn_at": None}], "version": 1,
}  # fmt: skip
CONSENT_SAID = {"recipients": [ID(4)], "fields": ["identity", "contact"], "until": "2026-09-01T00:00:00Z", "how": "in-person"}


class PeopleResource(Resource):
    """What all views of people share."""

    read_scope, write_scope = "referrals.read", "referrals.write"
    serializer_class: Any = serializers.PersonSerializer

    def rows(self) -> QuerySet[Person]:
        return Person.objects.visible_to(self.actor).filter(erased_at__isnull=True).select_related("safe_contact")

    def kept(self) -> QuerySet[Person]:
        return self.rows().filter(organization__in=self.actor.casework)

    def require_casework(self) -> None:
        if self.actor.organization not in self.actor.casework:
            raise NotYours

    def tell(self, row: Person, *, status: int = 200) -> Response:
        """The record in detail; a read by another than its keeper is recorded before the answer leaves."""
        fields = reading.fields_of(row, self.actor)
        if not fields and not reading.is_kept(row, self.actor):
            raise NotFound
        body = reading.person_body(row, self.actor, fields, crypto.Keyring.for_people([row.pk]), detail=True)
        if not reading.is_kept(row, self.actor):
            actions.disclosed(row.pk, self.actor)
        return Response(body, status=status, headers={"ETag": etags.tag(row)})

    def page_of(self, rows: QuerySet[Person]) -> Response:
        chosen = self.chosen(rows)
        ring = crypto.Keyring.for_people([row.pk for row in chosen])
        # Only people that are kept here are listed, so no grant is looked up.
        fields = {row.pk: reading.fields_of(row, self.actor) for row in chosen}
        return self.get_paginated_response([reading.person_body(row, self.actor, fields[row.pk], ring, detail=False) for row in chosen])


class People(PeopleResource):
    """People whom the caller's organisation keeps."""

    ordering = ("code_name", "id")

    @documented("People you keep", response=serializers.PersonSerializer(many=True), example=[PERSON])
    def get(self, request: Request) -> Response:
        return self.page_of(self.kept())

    @documented("Begin a record", request=serializers.PersonBody, response=serializers.PersonSerializer,
                sends={"code_name": "AK", "name": "A name to use"}, example=PERSON, status=201)  # fmt: skip
    def post(self, request: Request) -> Response:
        def act() -> Response:
            self.require_casework()
            body = serializers.PersonBody.parse(request)
            row = actions.create_person(
                by=self.actor, code_name=body["code_name"], identity=serializers.identity_of(body), code_only=body["code_only"],
                languages=body.get("languages", ()),
            )  # fmt: skip
            return self.tell(row, status=201)

        return idempotency.once(request, act)


class FindPeople(PeopleResource):
    """By exact name, among one's own; a POST, so that no name stands in a URL or a log."""

    ordering = ("code_name", "id")

    @documented("Find a person by name", request=serializers.FindBody, response=serializers.PersonSerializer(many=True),
                sends={"name": "A name to use"}, example=[PERSON])  # fmt: skip
    def post(self, request: Request) -> Response:
        self.require_casework()
        name = serializers.FindBody.parse(request)["name"]
        if self.actor.organization is None:
            raise NotYours
        index = crypto.blind_index(self.actor.organization, "name", name)
        return self.page_of(self.kept().filter(organization=self.actor.organization, name_index=index))


class OnePerson(PeopleResource):
    """One record."""

    @documented("One person", response=serializers.PersonSerializer, example=PERSON)
    def get(self, request: Request, pk: UUID) -> Response:
        return self.tell(self.find(pk))

    @documented("Change a record", request=serializers.IdentityBody, response=serializers.PersonSerializer,
                sends={"languages": ["ar", "en"]}, example=PERSON)  # fmt: skip
    def patch(self, request: Request, pk: UUID) -> Response:
        row = self.find(pk)
        version = etags.require(request, row)
        actions.require_keeper(row, self.actor)
        body = serializers.IdentityBody.parse(request)
        actions.edit_person(row, by=self.actor, identity=serializers.identity_of(body), languages=body.get("languages"), version=version)
        return self.tell(self.find(pk))


class Safety(PeopleResource):
    """How it is safe to reach a person."""

    @documented("Safe contact", response=serializers.SafetySerializer, example=SAFETY)
    def get(self, request: Request, pk: UUID) -> Response:
        row = self.find(pk)
        if FieldGroup.CONTACT not in reading.fields_of(row, self.actor):
            raise NotFound
        contact = SafeContact.objects.filter(person=row).prefetch_related("channels").first()
        if contact is None:
            raise NotFound
        if not reading.is_kept(row, self.actor):
            actions.disclosed(row.pk, self.actor)
        return Response(reading.contact_as_read(contact, crypto.Keyring.for_people([pk])), headers={"ETag": etags.tag(contact)})

    @documented("Say how it is safe to reach a person", request=serializers.SafetyBody, response=serializers.SafetySerializer,
                sends=SAFETY_SAID, example=SAFETY)  # fmt: skip
    def put(self, request: Request, pk: UUID) -> Response:
        row = self.find(pk)
        present = SafeContact.objects.filter(person=row).first()
        if present is not None:
            etags.require(request, present)
        actions.require_keeper(row, self.actor)
        if FieldGroup.CONTACT not in reading.fields_of(row, self.actor):
            raise NotYours  # who may not read the rules must not overwrite them unseen
        safety = serializers.safety_of(serializers.SafetyBody.parse(request))
        actions.set_safe_contact(row, by=self.actor, safety=safety, version=present.version if present else None)
        return self.get(request, pk)


class Consents(PeopleResource):
    """What the person agreed to."""

    serializer_class = serializers.ConsentSerializer
    ordering = ("-given_at", "id")

    def consents(self, pk: UUID) -> QuerySet[Consent]:
        self.find(pk)
        return Consent.objects.visible_to(self.actor).filter(person=pk).prefetch_related("recipients")

    @documented("Consents", response=serializers.ConsentSerializer(many=True), example=[CONSENT])
    def get(self, request: Request, pk: UUID) -> Response:
        return self.page(self.consents(pk))

    @documented("Record a consent", request=serializers.ConsentBody, response=serializers.ConsentSerializer, sends=CONSENT_SAID,
                example=CONSENT, status=201)  # fmt: skip
    def post(self, request: Request, pk: UUID) -> Response:
        row = self.find(pk)

        def act() -> Response:
            actions.require_keeper(row, self.actor)
            terms = serializers.terms_of(serializers.ConsentBody.parse(request))
            consent = actions.give_consent(row, by=self.actor, terms=terms)
            return etags.answer(request, self.serializer_class(consent).data, consent, status=201)

        return idempotency.once(request, act, about=row.pk)


class Disclosures(PeopleResource):
    """Who read what was shared of a person, and when: for its keeper."""

    serializer_class = serializers.DisclosureSerializer
    filters = frozenset({"since"})
    ordering = ("-seq",)

    @documented("Who has read what", response=serializers.DisclosureSerializer(many=True),
                example=[{"kind": "person.disclosed", "by": f"organization/{ID(4)}", "at": AT}],
                query={"since": "a day, like 2026-01-01"})  # fmt: skip
    def get(self, request: Request, pk: UUID) -> Response:
        row = self.find(pk, self.kept())
        rows = Event.objects.filter(organization=row.organization_id, subject=f"person/{row.pk}", kind__in=ACCOUNTED)
        if since := self.query_text("since", 10):
            rows = rows.filter(at__date__gte=since_day(since))
        chosen = self.chosen(rows)
        return self.get_paginated_response([{"kind": event.kind, "by": event.actor, "at": event.at} for event in chosen])


ACCOUNTED = ("person.disclosed", "consent.given", "consent.withdrawn")


def since_day(text: str) -> date:
    """A day of a filter, or Malformed."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Malformed(detail="since is a day, like 2026-01-01.") from None
