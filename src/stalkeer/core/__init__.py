"""Hold the rules: functions from values to values. No clock, disk, network, database or settings."""
