def ids_of(path, world, town):
    kind = path.removeprefix("/api/v1/").split("/")[0]
    found = {
        "agreements": world.agreement.pk, "applications": world.application.pk, "claims": world.claim.pk,
        "invitations": world.invitation.pk, "locations": world.location.pk, "members": world.membership.pk,
        "offers": world.asked.offer.pk, "organizations": town.quayside.pk, "services": town.quayside_service.pk,
        "people": world.asked.person.pk, "referrals": world.asked.referral.pk,
    }
    return str(found[kind]) if "{" in path else None
