"""No secret leaves: by key and by value, for every signal."""
