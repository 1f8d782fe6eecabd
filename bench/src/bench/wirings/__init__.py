"""How each contender is put on the services, as its documentation says. Each module has a `wire()`."""
