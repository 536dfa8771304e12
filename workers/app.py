"""Makes the Celery app. Every setting that decides what a crash costs stands here, with its reason."""
# mypy: disallow-untyped-calls=False
# Kombu's functions have no types.

import ssl
from urllib.parse import urlsplit

from celery import Celery
from kombu.entity import Queue

from services.settings import Settings

# Changes of single products, and messages of other services; workers prefer it.
LIVE_QUEUE = "lookalike.live"
# Bulk work: chunks of imports, repairs, the periodic tasks.
BULK_QUEUE = "lookalike"

INDEX_TASK = "lookalike.v1.index"
IMPORT_TASK = "lookalike.v1.import"
REFUSED_TASK = "lookalike.v1.refused"
SWEEP_TASK = "lookalike.v1.sweep"
AUDIT_TASK = "lookalike.v1.audit"


def make_app(settings: Settings) -> Celery:
    """The app for `settings`, without tasks: all that a producer needs. Connects to nothing."""
    app = Celery("lookalike", broker=settings.redis, set_as_current=False)
    app.conf.update(_configuration(settings))
    return app


def _configuration(settings: Settings) -> dict[str, object]:
    return {
        **_messages(settings),
        **_limits(settings),
        **_broker(settings),
        "worker_concurrency": settings.worker_processes,
        # Native libraries keep what they once needed; a process that grew beyond this is replaced between two tasks.
        "worker_max_memory_per_child": settings.worker_memory_mb * 1024,  # KiB
        # A child loads its model before it reports for work; Celery's four seconds would end it first.
        "worker_proc_alive_timeout": 120,
        # Orders over the broker (shut down, revoke, change limits) are open to whoever can write to it: other services.
        "worker_enable_remote_control": False,
        "worker_hijack_root_logger": False,
        "worker_send_task_events": False,
        "beat_schedule": {
            "sweep": _every(settings.sweep_interval_s, SWEEP_TASK),
            "audit": _every(settings.audit_interval_s, AUDIT_TASK),
        },
        "beat_schedule_filename": str(settings.data_dir / "beat-schedule"),
        "beat_max_loop_interval": 5,
    }


def _messages(settings: Settings) -> dict[str, object]:
    return {
        # Results would be written to Redis and read by nobody: the catalogue holds every outcome.
        "task_ignore_result": True,
        # JSON only: a message can never carry code.
        "accept_content": ["json"],
        "task_serializer": "json",
        "task_queues": [Queue(LIVE_QUEUE, routing_key=LIVE_QUEUE), Queue(BULK_QUEUE, routing_key=BULK_QUEUE)],
        "task_default_queue": BULK_QUEUE,
        # A name that is misspelt in a `send_task` of ours must fail, and not make a queue that nobody reads.
        "task_create_missing_queues": False,
        # A message leaves the queue when its work is done, not when it starts; if the process that runs it is
        # killed, it goes back at once. Running it twice is harmless: products are claimed, and a change that is there
        # already changes nothing.
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        # A task that fails all the same has met a bug, which the next run would meet too. What it was to index is due
        # again for the sweep, which counts attempts. Public messages keep themselves instead (`Tasks.accept`).
        "task_acks_on_failure": True,
        # A task that hangs, say in a database that does not answer, is killed and its message goes back: it may be
        # the only place that knows of a change.
        "task_acks_on_timeout": False,
        # No message waits in a worker's memory behind a running one, where other workers cannot reach it.
        "worker_prefetch_multiplier": 1,
    }


def _limits(settings: Settings) -> dict[str, object]:
    return {
        # Soft: the task raises and lets go of its claims. Hard: the process is killed, before the lease ends.
        "task_soft_time_limit": settings.task_time_limit_s * 0.85,
        "task_time_limit": settings.task_time_limit_s,
        # Not Celery's soft shutdown, which sleeps all of its time with the ears shut; see `workers/shutdown.py`.
        "worker_soft_shutdown_timeout": 0.0,
    }


def _broker(settings: Settings) -> dict[str, object]:
    return {
        # Kombu's Redis transport, made safe against what others put on the queue, and against a full Redis.
        "broker_transport": "workers.transport:Transport",
        # `rediss://` means what it says, certificate included, unless the URL's own ssl_... parameters say otherwise.
        "broker_use_ssl": {"ssl_cert_reqs": ssl.CERT_REQUIRED} if urlsplit(settings.redis).scheme == "rediss" else None,
        "broker_transport_options": _transport(settings),
        # A worker outlives Redis: it reconnects for as long as it takes, also where Redis answers with an error, as
        # it does while it loads its data.
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_channel_error_retry": True,
        # The work goes on while Redis is away; its message then comes again, and finds it done.
        "worker_cancel_long_running_tasks_on_connection_loss": False,
    }


def _transport(settings: Settings) -> dict[str, object]:
    return {
        # Redis redelivers what a dead worker held after this long. Above the hard time limit and the lease, so
        # that a message comes back only when its first run is certainly over and its products are free again.
        "visibility_timeout": settings.visibility_timeout_s,
        # Celery looks for such messages every interval x throttle seconds: 100 by default, which would be most of
        # the wait. One sorted-set look-up every five seconds costs nothing.
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        # Single changes do not wait behind a bulk import, and it gets its turn all the same.
        "queue_order_strategy": "workers.turns:LiveFirst",
        # A producer learns within seconds that Redis is away; the catalogue has the work all the same.
        "socket_connect_timeout": 3,
        # And one that hangs is away too. Workers ask for messages a second at a time, so this never cuts their wait.
        "socket_timeout": 5,
        "socket_keepalive": True,
        # Without these a producer tries to connect for as long as it takes, and a PUT would hang with it.
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.2,
    }


def _every(seconds: float, task: str) -> dict[str, object]:
    # A tick that no worker took before the next is dropped: ticks must not pile up while workers are away.
    return {"task": task, "schedule": seconds, "options": {"expires": seconds}}
