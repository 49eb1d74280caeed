"""From a changed alert to the people concerned: routing, grouping, acknowledgement, receivers."""
