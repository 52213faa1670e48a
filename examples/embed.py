"""A host service that keeps its own orders and lets Caseway run the visits that belong to them, in one transaction."""

import sys

import sqlalchemy as sa

import caseway

ENGINE = sa.create_engine(sys.argv[1] if len(sys.argv) > 1 else "sqlite://", poolclass=sa.StaticPool)
ORDERS = sa.Table(
    "orders", sa.MetaData(), sa.Column("number", sa.Integer, primary_key=True), sa.Column("wish", sa.Text)
)


def order(number: int, wish: str) -> str:
    jan, price = {"id": "jan", "name": "Jan"}, {"title": wish, "price": 9900}
    data = {"customer": jan, "wish": wish, "candidates": ["anna"], "orders": [price]}
    with ENGINE.begin() as connection:  # the order and its case are committed together, or neither is
        connection.execute(ORDERS.insert().values(number=number, wish=wish))
        return caseway.over(connection).start("orange-friends-visit", data, id=f"order-{number}").target[0]


def accept(number: int, person: str) -> str:
    with ENGINE.begin() as connection:
        try:
            actor = caseway.Actor(person, frozenset({"friend"}))
            return caseway.over(connection).send(f"order-{number}", "accept", actor=actor).target[0]
        except caseway.Refused as error:
            return f"{error.refusal.code}: {error}"


with ENGINE.begin() as setup:
    ORDERS.create(setup)
    caseway.over(setup, create=True)
print(order(7, "Set up the router"))
print(accept(7, "piotr"))
print(accept(7, "anna"))
