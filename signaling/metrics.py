"""What signaling counts, each in words."""

from streamsvc.base import metrics

REQUESTS = metrics.counter(
    "streamsvc_http_requests_total",
    "HTTP requests answered, by method and first digit of the status",
    ("method", "status_class"),
)
REQUEST_SECONDS = metrics.histogram(
    "streamsvc_http_request_seconds",
    "Time from the head of a request to the end of its answer; WebSockets are not counted",
    (0.005, 0.02, 0.1, 0.5, 2.0, 10.0),
)
ERRORS = metrics.counter(
    "streamsvc_errors_total",
    "Errors told to HTTP and WebSocket clients, by error id of the catalogue",
    ("error_id",),
)
INCIDENTS = metrics.counter(
    "streamsvc_incidents_total",
    "Faults of our own: exceptions nobody expected, answered as `internal`",
)
CONNECTIONS = metrics.gauge(
    "streamsvc_event_connections",
    "Event channels open now: lesson, room (WebSockets), poll (a lesson's, over requests), channel "
    "(a room's data channel)",
    ("channel",),
)
SECOND_STRANDS = metrics.gauge(
    "streamsvc_event_second_strands",
    "Second strands of lessons' events open now: pages on far links that lose (among `lesson`)",
)
CHANNEL_EVENTS = metrics.counter(
    "streamsvc_channel_events_total",
    "Events for rooms' data channels: sent (first copies), repeated (more of them), dropped (too "
    "large, or never confirmed: the WebSocket brings them)",
    ("what",),
)
TOO_SLOW = metrics.counter(
    "streamsvc_event_connections_too_slow_total",
    "Event connections closed because 256 messages waited for a slow link",
)
LESSONS_OPEN = metrics.gauge(
    "streamsvc_lessons_open", "Lessons held in memory: open before their start, live, just ended"
)
LESSONS_LIVE = metrics.gauge("streamsvc_lessons_live", "Lessons that are live on this node")
CAMERAS = metrics.gauge(
    "streamsvc_cameras",
    "Cameras of lead rooms beside the teachers' own, by state (waiting, ready, lost)",
    ("state",),
)
CAMERA_SWITCHES = metrics.counter(
    "streamsvc_camera_switches_total",
    "Changes of the camera on program: chosen by the teacher, or fell_back because it dropped",
    ("why",),
)
ROOMS_ONLINE = metrics.gauge(
    "streamsvc_rooms_online", "Rooms whose page or media is heard in an open lesson"
)
EVENTS = metrics.counter(
    "streamsvc_lesson_events_total", "Numbered lesson events, by type", ("type",)
)
INBOX_REFUSED = metrics.counter(
    "streamsvc_lesson_inbox_refused_total",
    "Client messages refused because a lesson's inbox was full",
)
TIMELINE_SECONDS = metrics.histogram(
    "streamsvc_timeline_append_seconds",
    "Time to write and sync one batch of events to a lesson's timeline",
    (0.001, 0.005, 0.02, 0.1, 0.5, 2.0),
)
TIMELINE_UNWRITTEN = metrics.gauge(
    "streamsvc_timeline_unwritten_lines",
    "Events that could not be written to a timeline yet (disk full); they are tried again",
)
EFFECTS_FAILED = metrics.counter(
    "streamsvc_lesson_effects_failed_total",
    "Effects of a lesson that could not be carried out, by kind",
    ("effect",),
)
