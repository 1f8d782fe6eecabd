"""The dashboards of Grafana: what they ask is in `boards`, how that becomes Grafana's JSON in `render`."""
