"""What the world may ask: runs, the HTTP service, the dashboard, the command line."""
