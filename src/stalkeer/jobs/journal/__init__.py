"""Report the progress of a job and hear its cancellation."""
