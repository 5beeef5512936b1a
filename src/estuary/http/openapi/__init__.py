"""The API's document (OpenAPI 3.1), made from the declared resources at start-up."""
