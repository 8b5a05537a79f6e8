"""Compose file and release names: by the naming rules of Radarr and Sonarr, and so that both programs parse them
correctly.
"""
