"""Choose, admit, transfer and finish downloads."""
