"""Send requests to foreign servers, with the rules that all adapters share."""
