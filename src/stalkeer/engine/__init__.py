"""Carries jobs and downloads over processes and crashes: dispatch, schedules, the heartbeat. Holds no policy."""
