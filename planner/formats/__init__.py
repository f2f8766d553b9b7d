"""Read what comes in and write what goes out, a file a format."""
