"""How the tables came to be, a step a file; `order_service.migrate` runs the steps."""
