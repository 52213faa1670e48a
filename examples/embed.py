"""A host service that keeps its own orders and lets Caseway run the visits that belong to them, in one transaction."""

import sys

import sqlalchemy as sa

import caseway

ENGINE = sa.create_engine(sys.argv[1] if len(sys.argv) > 1 else "sqlite://", poolclass=sa.StaticPool)
ORDERS = sa.Table(
    "orders", sa.MetaData(), sa.Column("number", sa.Integer, primary_key=True), sa.Column("visit", sa.Text)
)
ANNA = caseway.Actor("anna", frozenset({"friend"}))


def order_visit(number: int) -> caseway.Entry:
    with ENGINE.begin() as connection:  # the order and its case are committed together, or neither is
        connection.execute(ORDERS.insert().values(number=number, visit=f"order-{number}"))
        visits = caseway.over(connection)
        return visits.start(
            "orange-friends-visit", {"customer": {"name": "Jan"}, "candidates": ["anna"]}, id=f"order-{number}"
        )


def accept(number: int, actor: caseway.Actor) -> str:
    with ENGINE.begin() as connection:
        try:
            return ", ".join(caseway.over(connection).send(f"order-{number}", "accept", actor=actor).target)
        except caseway.Refused as error:
            return f"{error.refusal.code}: {error}"


ORDERS.create(ENGINE)
print(order_visit(7).target)
print(accept(7, caseway.Actor("piotr", frozenset({"friend"}))))
print(accept(7, ANNA))
