"""Write what is flown: missions for ground stations, a file a format."""
