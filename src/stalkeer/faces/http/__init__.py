"""Provide the HTTP parts that API and pages share: gate, guard, problem documents, headers, paging, server."""
