"""Decide about downloads: states, admission, pacing, retry, resume.

Functions take values and return decisions with reasons.
"""
