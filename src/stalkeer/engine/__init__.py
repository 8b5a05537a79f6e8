"""Run jobs and downloads across processes and crashes: dispatch, schedules, heartbeat.

No rule about downloads is here.
"""
