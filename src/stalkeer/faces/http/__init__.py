"""Common to API and pages: the gate, the guard, problem documents, headers, paging, the server."""
