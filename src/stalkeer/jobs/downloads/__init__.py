"""Choose, admit, transfer, verify, place and hand over."""
