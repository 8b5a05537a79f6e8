"""The rules of downloading: states, admission, pacing, retry, resume. Values in, decisions with reasons out."""
