"""How the tables came to be, a step a file; `user_service.migrate` runs the steps."""
