"""Run by Alembic, with the connection and in the transaction that `order_service.migrate` opened."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table="order_service_migrations",
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
