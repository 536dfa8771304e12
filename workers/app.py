"""Makes the Celery app. Every setting that decides what a crash costs stands here, with its reason."""

from celery import Celery

from services.settings import Settings

QUEUE = "lookalike"
INDEX_TASK = "lookalike.v1.index"
SWEEP_TASK = "lookalike.v1.sweep"
AUDIT_TASK = "lookalike.v1.audit"


def make_app(settings: Settings) -> Celery:
    """The app for `settings`, without tasks: all that a producer needs. Connects to nothing."""
    app = Celery("lookalike", broker=settings.redis, set_as_current=False)
    app.conf.update(_configuration(settings))
    return app


def _configuration(settings: Settings) -> dict[str, object]:
    return {
        # Results would be written to Redis and read by nobody: the catalogue holds every outcome.
        "task_ignore_result": True,
        # JSON only: a message can never carry code.
        "accept_content": ["json"],
        "task_serializer": "json",
        "task_default_queue": QUEUE,
        # A message leaves the queue when its work is done, not when it starts; if the process that runs it is
        # killed, it goes back at once. Running it twice is harmless: products are claimed.
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        # No message waits in a worker's memory behind a running one, where other workers cannot reach it.
        "worker_prefetch_multiplier": 1,
        "worker_concurrency": settings.worker_processes,
        # Soft: the task raises and lets go of its claims. Hard: the process is killed, before the lease ends.
        "task_soft_time_limit": settings.task_time_limit_s * 0.85,
        "task_time_limit": settings.task_time_limit_s,
        "broker_transport_options": _transport(settings),
        "broker_connection_retry_on_startup": True,
        # A worker outlives Redis: it reconnects for as long as it takes.
        "broker_connection_max_retries": None,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "worker_hijack_root_logger": False,
        "worker_send_task_events": False,
        # A child loads its model before it reports for work; Celery's four seconds would end it first.
        "worker_proc_alive_timeout": 120,
        "beat_schedule": {
            "sweep": _every(settings.sweep_interval_s, SWEEP_TASK),
            "audit": _every(settings.audit_interval_s, AUDIT_TASK),
        },
        "beat_schedule_filename": str(settings.data_dir / "beat-schedule"),
        "beat_max_loop_interval": 5,
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
        # A producer learns within seconds that Redis is away; the catalogue has the work all the same.
        "socket_connect_timeout": 3,
        "socket_keepalive": True,
        # Without these a producer tries to connect for as long as it takes, and a PUT would hang with it.
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.2,
    }


def _every(seconds: float, task: str) -> dict[str, object]:
    # A tick that no worker took before the next is dropped: ticks must not pile up while workers are away.
    return {"task": task, "schedule": seconds, "options": {"expires": seconds}}
