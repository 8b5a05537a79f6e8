"""Send messages to the targets of notifications: webhooks, Apprise servers, and the Apprise library."""
