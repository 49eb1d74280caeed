"""What is made from the model for people and editors: reference pages, the JSON Schema, and the texts both show."""
