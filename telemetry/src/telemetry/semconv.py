"""Every attribute name that this package writes, in one place.

HTTP and database names are stable; RPC names are those of the release candidate
(https://opentelemetry.io/docs/specs/semconv/rpc/rpc-spans/). A change of the conventions changes this file alone.
"""

from opentelemetry.semconv._incubating.attributes.container_attributes import CONTAINER_ID
from opentelemetry.semconv._incubating.attributes.host_attributes import HOST_ARCH, HOST_NAME
from opentelemetry.semconv._incubating.attributes.http_attributes import HTTP_REQUEST_BODY_SIZE, HTTP_RESPONSE_BODY_SIZE
from opentelemetry.semconv._incubating.attributes.k8s_attributes import (
    K8S_CLUSTER_NAME,
    K8S_CONTAINER_NAME,
    K8S_DEPLOYMENT_NAME,
    K8S_NAMESPACE_NAME,
    K8S_NODE_NAME,
    K8S_POD_NAME,
    K8S_POD_UID,
)
from opentelemetry.semconv._incubating.attributes.os_attributes import OS_TYPE
from opentelemetry.semconv._incubating.attributes.process_attributes import (
    PROCESS_EXECUTABLE_NAME,
    PROCESS_EXECUTABLE_PATH,
    PROCESS_PID,
    PROCESS_RUNTIME_DESCRIPTION,
    PROCESS_RUNTIME_NAME,
    PROCESS_RUNTIME_VERSION,
)
from opentelemetry.semconv._incubating.attributes.rpc_attributes import (
    RPC_METHOD,
    RPC_RESPONSE_STATUS_CODE,
    RPC_SYSTEM_NAME,
)
from opentelemetry.semconv.attributes.client_attributes import CLIENT_ADDRESS, CLIENT_PORT
from opentelemetry.semconv.attributes.code_attributes import CODE_STACKTRACE
from opentelemetry.semconv.attributes.db_attributes import (
    DB_COLLECTION_NAME,
    DB_NAMESPACE,
    DB_OPERATION_NAME,
    DB_QUERY_SUMMARY,
    DB_QUERY_TEXT,
    DB_RESPONSE_STATUS_CODE,
    DB_SYSTEM_NAME,
)
from opentelemetry.semconv.attributes.deployment_attributes import DEPLOYMENT_ENVIRONMENT_NAME
from opentelemetry.semconv.attributes.error_attributes import ERROR_TYPE
from opentelemetry.semconv.attributes.exception_attributes import (
    EXCEPTION_MESSAGE,
    EXCEPTION_STACKTRACE,
    EXCEPTION_TYPE,
)
from opentelemetry.semconv.attributes.http_attributes import (
    HTTP_REQUEST_METHOD,
    HTTP_REQUEST_METHOD_ORIGINAL,
    HTTP_RESPONSE_STATUS_CODE,
    HTTP_ROUTE,
)
from opentelemetry.semconv.attributes.network_attributes import NETWORK_PROTOCOL_VERSION
from opentelemetry.semconv.attributes.server_attributes import SERVER_ADDRESS, SERVER_PORT
from opentelemetry.semconv.attributes.service_attributes import SERVICE_INSTANCE_ID, SERVICE_NAME, SERVICE_VERSION
from opentelemetry.semconv.attributes.telemetry_attributes import (
    TELEMETRY_SDK_LANGUAGE,
    TELEMETRY_SDK_NAME,
    TELEMETRY_SDK_VERSION,
)
from opentelemetry.semconv.attributes.url_attributes import URL_PATH, URL_QUERY, URL_SCHEME
from opentelemetry.semconv.attributes.user_agent_attributes import USER_AGENT_ORIGINAL

ERROR_CAUSES = "error.causes"
ERROR_CLASS = "error.class"
ERROR_DOMAIN = "error.domain"
ERROR_MEMBERS = "error.members"
ERROR_MESSAGE = "error.message"
ERROR_REASON = "error.reason"
ERROR_RETRY_DELAY = "error.retry_delay"
ERROR_SEVERITY = "error.severity"
ERROR_VIOLATIONS = "error.violations"
TENANT_ID = "tenant.id"
WEBSOCKET_CLOSE_CODE = "websocket.close.code"

RPC_SYSTEM_GRPC = "grpc"

__all__ = [
    "CLIENT_ADDRESS",
    "CLIENT_PORT",
    "CODE_STACKTRACE",
    "CONTAINER_ID",
    "DB_COLLECTION_NAME",
    "DB_NAMESPACE",
    "DB_OPERATION_NAME",
    "DB_QUERY_SUMMARY",
    "DB_QUERY_TEXT",
    "DB_RESPONSE_STATUS_CODE",
    "DB_SYSTEM_NAME",
    "DEPLOYMENT_ENVIRONMENT_NAME",
    "ERROR_CAUSES",
    "ERROR_CLASS",
    "ERROR_DOMAIN",
    "ERROR_MEMBERS",
    "ERROR_MESSAGE",
    "ERROR_REASON",
    "ERROR_RETRY_DELAY",
    "ERROR_SEVERITY",
    "ERROR_TYPE",
    "ERROR_VIOLATIONS",
    "EXCEPTION_MESSAGE",
    "EXCEPTION_STACKTRACE",
    "EXCEPTION_TYPE",
    "HOST_ARCH",
    "HOST_NAME",
    "HTTP_REQUEST_BODY_SIZE",
    "HTTP_REQUEST_METHOD",
    "HTTP_REQUEST_METHOD_ORIGINAL",
    "HTTP_RESPONSE_BODY_SIZE",
    "HTTP_RESPONSE_STATUS_CODE",
    "HTTP_ROUTE",
    "K8S_CLUSTER_NAME",
    "K8S_CONTAINER_NAME",
    "K8S_DEPLOYMENT_NAME",
    "K8S_NAMESPACE_NAME",
    "K8S_NODE_NAME",
    "K8S_POD_NAME",
    "K8S_POD_UID",
    "NETWORK_PROTOCOL_VERSION",
    "OS_TYPE",
    "PROCESS_EXECUTABLE_NAME",
    "PROCESS_EXECUTABLE_PATH",
    "PROCESS_PID",
    "PROCESS_RUNTIME_DESCRIPTION",
    "PROCESS_RUNTIME_NAME",
    "PROCESS_RUNTIME_VERSION",
    "RPC_METHOD",
    "RPC_RESPONSE_STATUS_CODE",
    "RPC_SYSTEM_GRPC",
    "RPC_SYSTEM_NAME",
    "SERVER_ADDRESS",
    "SERVER_PORT",
    "SERVICE_INSTANCE_ID",
    "SERVICE_NAME",
    "SERVICE_VERSION",
    "TELEMETRY_SDK_LANGUAGE",
    "TELEMETRY_SDK_NAME",
    "TELEMETRY_SDK_VERSION",
    "TENANT_ID",
    "URL_PATH",
    "URL_QUERY",
    "URL_SCHEME",
    "USER_AGENT_ORIGINAL",
    "WEBSOCKET_CLOSE_CODE",
]
