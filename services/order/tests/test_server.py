from __future__ import annotations

import pytest
from grpc import StatusCode, aio

from order_service import domain
from order_service.server import SERVICE, STATUS
from shop.order.v1.order_pb2 import ListOrdersRequest
from shop.order.v1.order_pb2_grpc import OrderServiceStub
from telemetry import Telemetry
from telemetry.grpc.traced_server import SERVER_OPTIONS

REFUSALS = [
    each
    for each in vars(domain).values()
    if isinstance(each, type) and issubclass(each, domain.Refusal) and each is not domain.Refusal
]


def test_the_service_is_known_by_its_full_name() -> None:
    assert SERVICE == "shop.order.v1.OrderService"


@pytest.mark.parametrize("refusal", REFUSALS)
def test_every_refusal_has_a_status(refusal: type[domain.Refusal]) -> None:
    assert any(base in STATUS for base in refusal.__mro__)


async def test_a_call_without_a_tenant_is_refused(telemetry: Telemetry, server: aio.Server) -> None:
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with telemetry.channel(f"127.0.0.1:{port}") as channel:
        with pytest.raises(aio.AioRpcError) as refused:
            await OrderServiceStub(channel).ListOrders(ListOrdersRequest())
    await server.stop(None)

    assert refused.value.code() is StatusCode.UNAUTHENTICATED


async def test_a_port_is_not_shared_with_another_server(server: aio.Server) -> None:
    port = server.add_insecure_port("127.0.0.1:0")

    with pytest.raises(RuntimeError, match=str(port)):
        aio.server(options=SERVER_OPTIONS).add_insecure_port(f"127.0.0.1:{port}")
