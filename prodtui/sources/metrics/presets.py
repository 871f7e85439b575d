"""Latency histograms that the field's libraries and proxies export: names, units, and where they say what failed."""

from __future__ import annotations

from typing import NamedTuple

STATUS_LABELS = ("code", "status", "status_code", "http_response_status_code", "http_status_code")
SERVER_ERROR = "5.."


class Preset(NamedTuple):
    """One histogram of request durations, by its base name (without `_bucket`)."""

    metric: str
    unit_s: float = 1.0
    """Seconds in one unit of its buckets' bounds."""
    service_labels: tuple[str, ...] = ()
    """Labels that name the service, best first; empty: the source's service label, else the job."""
    requests: str = ""
    """The counter of requests where it is not `metric_count`, which then says nothing of failures."""
    status_labels: tuple[str, ...] = STATUS_LABELS
    failed: str = SERVER_ERROR
    """Values of the status label that mean a failed request, as a regular expression."""
    matcher: str = ""
    """What restricts its series, so that no request counts twice."""
    proxy: bool = False
    """Told by a proxy about others: read only where no application's own histogram is found."""

    @property
    def counter(self) -> str:
        return self.requests or f"{self.metric}_count"


_GRPC_FAILED = "Unknown|DeadlineExceeded|ResourceExhausted|Unimplemented|Internal|Unavailable|DataLoss"

PRESETS = (
    Preset("http_request_duration_seconds"),
    Preset("http_server_request_duration_seconds"),  # OpenTelemetry
    Preset("http_server_requests_seconds"),  # Spring; has buckets only with percentiles-histogram
    Preset(
        "grpc_server_handling_seconds",
        requests="grpc_server_handled_total",
        status_labels=("grpc_code",),
        failed=_GRPC_FAILED,
    ),
    Preset(
        "istio_request_duration_milliseconds",
        unit_s=0.001,
        service_labels=("destination_service_name",),
        status_labels=("response_code",),
        matcher='reporter="destination"',
        proxy=True,
    ),
    Preset("traefik_service_request_duration_seconds", service_labels=("service",), proxy=True),
    Preset(
        "nginx_ingress_controller_request_duration_seconds", service_labels=("exported_service", "service"), proxy=True
    ),
    Preset(
        "envoy_cluster_upstream_rq_time",
        unit_s=0.001,
        service_labels=("envoy_cluster_name",),
        requests="envoy_cluster_upstream_rq_xx",
        status_labels=("envoy_response_code_class",),
        failed="5",
        proxy=True,
    ),
)
"""Those that are looked for, best first: where two tell of one service, the first is read."""


def preset_of(metric: str) -> Preset:
    """The preset of this base name; for any other histogram, one whose unit its name tells (seconds by default)."""
    for preset in PRESETS:
        if preset.metric == metric:
            return preset._replace(proxy=False)
    return Preset(metric, unit_s=0.001 if metric.endswith(("_milliseconds", "_millis", "_ms")) else 1.0)
