"""What joins several rooms: alerting, the recent past, the terminal, the senders. Builds from `Config`; starts nothing."""
