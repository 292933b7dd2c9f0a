"""Say what can be refused at the partner API and when its callers are registered."""

from django.utils.translation import gettext_lazy as _

from ledger.errors import DomainError


class LengthRequiredError(DomainError):
    """A body came in chunks without its length, so it cannot be capped before it is read.

    Nothing was read or written. Send it again with Content-Length.
    """

    code = "length_required"
    status = 411
    retry = "new_key"
    detail = _("The request needs a Content-Length.")


class IdempotencyKeyMissingError(DomainError):
    """A request that writes came without the header Idempotency-Key.

    Nothing was written. Send it again with a key of its own.
    """

    code = "idempotency_key_missing"
    retry = "new_key"
    detail = _("Idempotency-Key is missing.")


class IdempotencyKeyMalformedError(DomainError):
    """The header Idempotency-Key is not one key of 16 to 128 letters, digits and `_.:-`.

    Nothing was written. Send the request again with a key of that shape.
    """

    code = "idempotency_key_malformed"
    retry = "new_key"
    detail = _(
        "Idempotency-Key must be sent once, as 16 to 128 letters, digits, underscores, dots,"
        " colons or hyphens."
    )


class IdempotencyKeyReusedError(DomainError):
    """The key has been used by this credential for another request.

    Nothing was written now; what the first request did stands. Send this one under a new key.
    """

    code = "idempotency_key_reused"
    status = 422
    retry = "new_key"
    detail = _("Idempotency-Key is already used for another request.")


class IdempotencyInFlightError(DomainError):
    """The same request is being carried out at this moment.

    Nothing was written by this one; the first one decides. Ask again under the same key.
    """

    code = "idempotency_in_flight"
    status = 409
    outcome = "unknown"
    retry = "same_key"
    detail = _("A request is outstanding for this Idempotency-Key.")


class MissingScopeError(DomainError):
    """The credential is genuine but lacks the scope that this door asks for.

    Nothing was written. Do not retry before the credential has been given the scope.
    """

    code = "missing_scope"
    status = 403
    detail = _("This credential lacks the scope %(scope)s.")


class BearerMayNotWriteError(DomainError):
    """A bearer secret was used to write outside a sandbox; there only a signature may.

    Nothing was written. Do not retry with this credential.
    """

    code = "bearer_may_not_write"
    status = 403
    detail = _("A bearer secret may only read here. Writing needs a signed request.")


class ForeignPaymentError(DomainError):
    """The caller has a share in this payment but did not create it, so may not move it.

    Nothing was written. Do not retry: its creator decides.
    """

    code = "foreign_payment"
    status = 403
    detail = _("Only the creator of a payment may do this.")


class ForeignRefundError(DomainError):
    """The caller has a share in this refund but did not ask for it, so may not move it.

    Nothing was written; no money moved. Do not retry: whoever asked for it decides.
    """

    code = "foreign_refund"
    status = 403
    detail = _("Only who asked for a refund may do this.")


class InvalidCredentialError(DomainError):
    """A credential was to be issued with an unknown scope, a bad network or for nobody.

    Nothing was written. Correct the request and try again.
    """

    code = "invalid_credential"
    status = 422
    retry = "new_key"
    detail = _("The credential cannot be issued like this: %(reason)s")


class CredentialNotFoundError(DomainError):
    """There is no such credential.

    Nothing was written. Check the id.
    """

    code = "credential_not_found"
    status = 404
    detail = _("There is no such credential.")


class GatewayWithoutTlsError(DomainError):
    """A channel's gateway was entered without https, and is no simulator.

    Nothing was written and nothing was sent: whoever stands between could read and change what is
    said, and answer as the channel. Enter the channel's own address, with https.
    """

    code = "gateway_without_tls"
    status = 422
    retry = "new_key"
    detail = _("The gateway at %(host)s has no TLS; enter its address with https.")


class ForeignGatewayError(DomainError):
    """A gateway was to be known or used that does not stand at a host of its channel.

    Nothing was written and nothing was sent: an address of somebody else's would be called by our
    workers, and answer as the channel. Enter the channel's own address. Where a bank or a proxy
    stands before the channel, whoever runs this deployment names its host in GATEWAY_HOSTS.
    """

    code = "foreign_gateway"
    status = 422
    retry = "new_key"
    detail = _(
        "%(host)s is no host of this channel that is known here. Nothing was sent. Enter the"
        " channel's own address, or have the host named in GATEWAY_HOSTS."
    )


class GatewayNotMovableError(DomainError):
    """A gateway that is no simulator's was about to be changed by one person.

    Nothing was written. Enter the gateway as keys are entered; another person agrees to it.
    """

    code = "gateway_not_movable"
    status = 409
    detail = _("A live gateway changes only as two people agree; enter it with the keys.")


class LiveChannelInSandboxError(DomainError):
    """A sandbox was about to know or use a channel that is no simulator.

    Nothing was written and nothing was sent. Use a deployment of its own for live channels.
    """

    code = "live_channel_in_sandbox"
    status = 409
    detail = _("This is a sandbox, and %(host)s is not its simulator. Nothing was sent.")
