"""Creates the instrumented parts of a service: servers, channels and ASGI applications."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from grpc import StatusCode, aio
from opentelemetry.propagators.textmap import TextMapPropagator

from telemetry.config.service import TelemetryConfig
from telemetry.edge.policy import TRUSTED, EdgePolicy, Trust, TrustPolicy, may_propagate, public
from telemetry.grpc.channel import ChannelOptions, make_channel, server_of
from telemetry.grpc.client import make_client_interceptors
from telemetry.grpc.hooks import Hooks
from telemetry.grpc.methods import CallFilter, ordinary_calls
from telemetry.grpc.observers import log_access
from telemetry.grpc.outgoing import OutgoingCalls, Timeouts
from telemetry.grpc.server import TracingServerInterceptor
from telemetry.grpc.traced_server import make_server
from telemetry.http import ASGIApp, Capture, TracingMiddleware
from telemetry.measurement import Measurement
from telemetry.trace.provider import ServiceTracerProvider

SCOPE = "throughline"


class Instrumentation:
    """The instrumenting side of `telemetry.Telemetry`.

    Attributes:
        config: Its configuration.
        tracer_provider: Creates its tracers.
        measuring: Its metrics.
        propagator: Propagates context.
    """

    config: TelemetryConfig
    tracer_provider: ServiceTracerProvider
    measuring: Measurement
    propagator: TextMapPropagator

    def server(  # noqa: PLR0913  each is a choice of its own, named by keyword
        self,
        errors: Mapping[type[BaseException], StatusCode] | None = None,
        *,
        interceptors: Sequence[aio.ServerInterceptor] = (),
        options: Sequence[tuple[str, str | int]] = (),
        trust: Trust | TrustPolicy = TRUSTED,
        traced: CallFilter = ordinary_calls,
        hooks: Hooks | None = None,
    ) -> aio.Server:
        """Create a server: its calls are traced, have a tenant and a deadline, and map errors to status codes.

        Args:
            errors: Domain error → code; see `telemetry.grpc.server.TracingServerInterceptor`.
            interceptors: More interceptors; they run inside each call's span.
            options: Channel arguments; they override `telemetry.grpc.traced_server.SERVER_OPTIONS`.
            trust: Which of a caller's metadata is trusted; see `server_interceptors`.
            traced: Which calls are traced; see `server_interceptors`.
            hooks: Called for each message of recorded calls.
        """
        return make_server(self._served_calls(errors, trust, traced, hooks), interceptors, options)

    def server_interceptors(
        self,
        errors: Mapping[type[BaseException], StatusCode] | None = None,
        *,
        trust: Trust | TrustPolicy = TRUSTED,
        traced: CallFilter = ordinary_calls,
        hooks: Hooks | None = None,
    ) -> list[aio.ServerInterceptor]:
        """Return the interceptors for ``grpc.aio.server(interceptors=…)``, for a server created elsewhere.

        Args:
            errors: Domain error → code; see `telemetry.grpc.server.TracingServerInterceptor`.
            trust: Which of a caller's metadata is trusted: by default trace and tenant, not baggage.
            traced: Which calls are traced: by default all but health checks and reflection. Filters by method, service
                and prefix are in `opentelemetry.instrumentation.grpc.filters`.
            hooks: Called for each message of recorded calls; without hooks, no message is recorded.
        """
        return [self._served_calls(errors, trust, traced, hooks)]

    def _served_calls(
        self,
        errors: Mapping[type[BaseException], StatusCode] | None,
        trust: Trust | TrustPolicy,
        traced: CallFilter,
        hooks: Hooks | None,
    ) -> TracingServerInterceptor:
        return TracingServerInterceptor(
            self.tracer_provider.get_tracer(SCOPE),
            self.propagator,
            errors or {},
            traced=traced,
            trust=trust,
            observers=self.measuring.call_observers() + ([log_access] if self.config.logs.access else []),
            hooks=hooks,
        )

    def client_interceptors(
        self,
        target: str | None = None,
        timeouts: Timeouts | None = None,
        *,
        propagate_to: Collection[str] | None = None,
        traced: CallFilter = ordinary_calls,
    ) -> list[aio.ClientInterceptor]:
        """Return the interceptors for a ``grpc.aio`` channel.

        Args:
            target: Written on the spans as the server's address.
            timeouts: For calls without one.
            propagate_to: Hosts that receive the trace and the tenant, such as "user" or "*.internal"; None: all.
            traced: Which calls get a span; see `server_interceptors`.
        """
        return make_client_interceptors(self._outgoing_calls(target, timeouts, propagate_to, traced))

    def channel(  # noqa: PLR0913  each is a choice of its own, named by keyword
        self,
        target: str,
        *,
        retryable: Sequence[str] = (),
        timeout: float = 5.0,
        stream_timeout: float = 300.0,
        options: ChannelOptions | None = None,
        propagate_to: Collection[str] | None = None,
        traced: CallFilter = ordinary_calls,
        hooks: Hooks | None = None,
    ) -> aio.Channel:
        """Create a channel: its calls are traced, carry the tenant, and always have a deadline.

        Args:
            target: The server, such as ``user:50051``.
            retryable: Full names of the methods that gRPC may retry.
            timeout: Seconds for a call with one response, or what is left of the current deadline if that is less.
            stream_timeout: The same for a call with a stream of responses.
            options: Credentials and more; its `retryable` is added to the one given here.
            propagate_to: Hosts that receive the trace and the tenant, such as "user" or "*.internal"; by default every
                host that the service opens a channel to.
            traced: Which calls get a span; see `server_interceptors`.
            hooks: Called for each message of recorded calls.
        """
        given = options or ChannelOptions()
        made = ChannelOptions(
            retryable=(*retryable, *given.retryable),
            credentials=given.credentials,
            load_balancing=given.load_balancing,
            options=given.options,
        )
        calls = self._outgoing_calls(target, Timeouts(timeout, stream_timeout), propagate_to, traced, hooks)
        return make_channel(target, calls, made)

    def _outgoing_calls(
        self,
        target: str | None,
        timeouts: Timeouts | None,
        propagate_to: Collection[str] | None,
        traced: CallFilter,
        hooks: Hooks | None = None,
    ) -> OutgoingCalls:
        server = None if target is None else server_of(target)
        return OutgoingCalls(
            self.tracer_provider.get_tracer(SCOPE),
            self.propagator,
            server=server,
            timeouts=timeouts,
            traced=traced,
            propagate=may_propagate("" if server is None else server[0], propagate_to),
            metrics=self.measuring.client_calls(),
            hooks=hooks,
        )

    def asgi(  # noqa: PLR0913  each is a choice of its own, named by keyword
        self,
        app: ASGIApp,
        policy: EdgePolicy = public,
        *,
        exclude: Collection[str] = ("/livez", "/readyz"),
        response_header: str = "x-trace-id",
        capture: Capture | None = None,
        cancel_on_disconnect: bool = True,
    ) -> ASGIApp:
        """Wrap an ASGI application, outermost; see `telemetry.http.TracingMiddleware`."""
        return TracingMiddleware(
            app,
            tracer=self.tracer_provider.get_tracer(SCOPE),
            propagator=self.propagator,
            policy=policy,
            exclude=exclude,
            response_header=response_header,
            capture=capture,
            cancel_on_disconnect=cancel_on_disconnect,
            metrics=self.measuring.http,
            connections=self.measuring.connections,
        )
