"""Serve the REST API under /api/v1, and /ping, /health and /metrics for monitoring.

Handlers parse a request, call a job and show the result.
"""
