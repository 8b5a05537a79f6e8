"""Serve the web UI: pages rendered on the server, fragments swapped by htmx, live figures over server-sent events.

It holds no rule of its own: a page reads the store, an action calls the same job as the API.
"""
