"""Tenants are isolated, and a call without a tenant is refused."""

from __future__ import annotations

from collections.abc import Iterator

from grpc import StatusCode

from tracetest.conformance.account import Account
from tracetest.conformance.errors import NotApplicable, require
from tracetest.conformance.instance import Instance
from tracetest.conformance.rpc.calls import WITHIN
from tracetest.conformance.rpc.samples import texts_in
from tracetest.conformance.subject import Subject
from tracetest.names import TENANT_METADATA

_REFUSALS = frozenset({StatusCode.UNAUTHENTICATED, StatusCode.PERMISSION_DENIED, StatusCode.INVALID_ARGUMENT})
_NO_TENANTS = (None, "", "Acme", "../acme", "acme corp", "a" * 64)
_SHORTEST = 6  # characters of a text that counts as a tenant's own data


def tenant_required(subject: Subject) -> None:
    """Call each method that works for nobody, and for what is no tenant."""
    require(*_served_for_none(subject.running))


def tenant_isolation(subject: Subject) -> None:
    """Ask as one tenant for what another has, by the ids that it was given."""
    instance = subject.running
    owner, other = instance.open_account(), instance.open_account()
    own = _texts(owner) - _texts(other)
    kept = {text for text, _where in _asked_for(instance, owner, owner.tenant, own)}
    if not kept:
        raise NotApplicable("no method gives back what another was given: nothing is kept for a tenant")
    require(
        *(
            f"{where} gave tenant {other.tenant} what tenant {owner.tenant} has: {text!r}"
            for text, where in _asked_for(instance, owner, other.tenant, own)
        )
    )


def _served_for_none(instance: Instance) -> Iterator[str]:
    for method in instance.account.working:
        for tenant in _NO_TENANTS:
            request = instance.account.make_request(method).SerializeToString()
            exchange = instance.caller.begin(method, request, tenant).finish()
            if exchange.code not in _REFUSALS:
                said = "no tenant" if tenant is None else f"{TENANT_METADATA}={tenant!r}"
                yield f"{exchange} for {said}: expected one of {', '.join(sorted(each.name for each in _REFUSALS))}"


def _texts(account: Account) -> set[str]:
    answers = (response for last in account.last.values() for response in last.responses)
    return {text for response in answers for _name, text in texts_in(response) if len(text) >= _SHORTEST}


def _asked_for(instance: Instance, owner: Account, tenant: str, own: set[str]) -> Iterator[tuple[str, str]]:
    """Ask with the ids that `owner` knows; give what of its own comes back to a tenant that has not said it itself."""
    kept: set[str] = set()  # what the tenant has given the service, which may name what is another's
    for method in instance.methods:
        request = owner.make_request(method)
        timeout = 1.0 if method.streams else WITHIN
        exchange = instance.caller.begin(method, request.SerializeToString(), tenant, timeout=timeout).finish()
        said = {text for _name, text in texts_in(request)}
        for response in exchange.responses:
            for _name, text in texts_in(response):
                if text in own - said - kept:
                    yield text, method.name
        if exchange.worked:
            kept |= said
