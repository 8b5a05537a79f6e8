"""Report the progress of a job, and check for its cancellation."""
