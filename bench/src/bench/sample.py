"""The one request that is sent, known to the load and to the services."""

from __future__ import annotations

PATH = "/v1/orders"
USER_ID = "7e6c2f1e-6a34-4c87-9c0e-6f3f0d8a7f52"
ORDER = {
    "user_id": USER_ID,
    "items": [
        {"sku": "book-1", "quantity": 2, "unit_price": 1999, "currency": "EUR"},
        {"sku": "pen-7", "quantity": 10, "unit_price": 120, "currency": "EUR"},
        {"sku": "lamp-3", "quantity": 1, "unit_price": 4950, "currency": "EUR"},
    ],
}
