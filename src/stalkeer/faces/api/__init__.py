"""The REST API under /api/v1, and what watches the program: /ping, /health, /metrics. Handlers parse, call, show."""
