"""Recorder hosts and cameras of lead rooms: kept, looked at, pulled for a lesson."""
