"""What Stalkeer costs and how fast it is, measured against others in the same run. `python -m bench [name...]`."""
