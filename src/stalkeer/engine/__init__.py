"""Carries jobs and downloads over processes and crashes: dispatch, schedules, the pulse. Holds no policy."""
