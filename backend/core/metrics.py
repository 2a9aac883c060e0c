"""Every Prometheus metric of the product, in one place so that names and labels stay consistent.

Labels are small sets: no identifier of a scan, device or person ever becomes a label; a model's `name@version` does.
"""

from prometheus_client import Counter, Gauge, Histogram

FAST_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
JOB_S = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)

INGEST_SECONDS = Histogram(
    "cti_ingest_seconds", "Time to answer an ingest request", ["route", "outcome"], buckets=FAST_S
)
HTTP_SECONDS = Histogram("cti_http_seconds", "Time to answer an API request", ["route", "status"], buckets=FAST_S)
JOB_SECONDS = Histogram("cti_job_seconds", "Time a background job took", ["job", "outcome"], buckets=JOB_S)
VERIFY_SECONDS = Histogram("cti_verify_seconds", "Time from claim to verified or failed", ["outcome"], buckets=JOB_S)
GRADINGS = Counter("cti_gradings", "Runs of models by how they ended", ["model", "outcome"])
GRADING_SECONDS = Histogram("cti_grading_seconds", "Time one run of a model took", ["model"], buckets=JOB_S)
ABSTENTIONS = Counter("cti_grading_abstentions", "Runs that abstained, by reason", ["model", "reason"])
QUEUE_DEPTH = Gauge("cti_queue_depth", "Nudges waiting in the queue", multiprocess_mode="mostrecent")
OVERDUE_SCANS = Gauge("cti_overdue_scans", "Scans whose work is due and unclaimed", multiprocess_mode="mostrecent")
SCANS = Gauge("cti_scans", "Scans by status", ["status"], multiprocess_mode="mostrecent")
SSE_CLIENTS = Gauge("cti_sse_clients", "Open event streams", multiprocess_mode="livesum")
WEB_SOCKETS = Gauge("cti_web_sockets", "Open browser sockets", multiprocess_mode="livesum")
EVENTS_LOST = Counter("cti_events_lost", "Events that could not be published")
NUDGES_LOST = Counter("cti_nudges_lost", "Nudges that could not be queued; the sweeper finds their work")
SIGN_INS = Counter("cti_sign_ins", "Attempts to sign in", ["outcome"])
HANDLER_DENIED = Counter("cti_handler_denied", "Page events refused by the guard", ["reason"])
