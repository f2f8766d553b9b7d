"""Write what is looked at and worked with, a file a format."""
