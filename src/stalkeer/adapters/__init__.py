"""One outside world each: translate its errors and its JSON at the border, return our values."""
