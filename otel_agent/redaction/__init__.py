"""No secret leaves: by key and by value, for every signal and every producer, at the export boundary."""
