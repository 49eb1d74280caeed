"""Notification: from a changed alert to the people concerned, by routes, groups, acknowledgements and receivers."""
