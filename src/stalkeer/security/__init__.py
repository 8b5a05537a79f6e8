"""Who may use the program: API keys, sessions, rate limits. Shared by the API and the pages."""
