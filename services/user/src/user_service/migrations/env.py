"""Run by Alembic, with the connection and in the transaction that `user_service.migrate` opened."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table="user_service_migrations",
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
