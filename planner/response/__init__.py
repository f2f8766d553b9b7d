"""How soon somebody is overhead, wherever and whenever help is asked for."""
