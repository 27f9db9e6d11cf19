"""The people of the demo shop, and what it sells. The same number is always the same person."""

import random
from dataclasses import dataclass
from typing import Any

_FIRST_NAMES = """
Ada Amara Anders Anika Beatriz Bruno Carla Chen Chiara Daan Daria Diego Elif Emil Esther Farah Felix Freya Gabriel
Grace Hana Hugo Ines Ivan Jamal Jana Jonas Julia Kaan Kofi Lara Leo Lina Louis Maja Malik Marta Mateo Maya Mina Nadia
Nils Noor Olga Omar Oskar Paula Pedro Priya Rafael Rosa Samira Sofia Stefan Tara Theo Vera Victor Wanda Yusuf Zoe
"""
FIRST_NAMES = _FIRST_NAMES.split()
_LAST_NAMES = """
Abreu Ahmed Andersen Bauer Becker Bianchi Castro Costa Dubois Eriksen Fischer Garcia Gomez Haddad Hansen Hoffmann Ito
Jansen Kaya Keller Khan Kowalski Larsen Lopez Marino Mensah Meyer Moreau Müller Nguyen Novak Okafor Olsen Patel Petrov
Rossi Sanchez Santos Schmidt Silva Singh Smit Tanaka Vega Wagner Weber Yilmaz Zimmermann
"""
LAST_NAMES = _LAST_NAMES.split()
CITIES = {
    "Berlin": "Europe/Berlin",
    "Bergen": "Europe/Oslo",
    "Dublin": "Europe/Dublin",
    "Grenoble": "Europe/Paris",
    "Innsbruck": "Europe/Vienna",
    "Kraków": "Europe/Warsaw",
    "Lisbon": "Europe/Lisbon",
    "Ljubljana": "Europe/Ljubljana",
    "Madrid": "Europe/Madrid",
    "Milan": "Europe/Rome",
    "Pune": "Asia/Kolkata",
    "Utrecht": "Europe/Amsterdam",
}
_ASCII = str.maketrans({"ü": "ue", "ö": "oe", "ä": "ae"})


@dataclass(frozen=True, slots=True)
class Product:
    """One thing in the shop. price: euros."""

    slug: str
    name: str
    category: str
    price: float


PRODUCTS = {
    product.slug: product
    for product in (
        Product("trail-shoes", "Trail shoes", "Shoes", 129.0),
        Product("hiking-boots", "Hiking boots", "Shoes", 189.0),
        Product("rain-jacket", "Rain jacket", "Clothing", 159.5),
        Product("merino-shirt", "Merino shirt", "Clothing", 59.9),
        Product("down-vest", "Down vest", "Clothing", 119.0),
        Product("head-torch", "Head torch", "Gear", 39.9),
        Product("camping-stove", "Camping stove", "Gear", 74.5),
        Product("two-person-tent", "Two-person tent", "Gear", 349.0),
        Product("hammock", "Hammock", "Gear", 64.0),
        Product("water-bottle", "Water bottle", "Gear", 18.5),
        Product("trail-map", "Trail map", "Books", 14.9),
    )
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who shops here. `identity` is the shop's customer number."""

    number: int
    name: str
    email: str
    city: str
    plan: str

    @property
    def identity(self) -> str:
        return f"customer-{self.number}"

    def profile(self) -> dict[str, Any]:
        """The record that uploads this person."""
        return {
            "type": "profile",
            "identity": self.identity,
            "profileData": {
                "Name": self.name,
                "Email": self.email,
                "Timezone": CITIES[self.city],
                "first_name": self.name.partition(" ")[0],
                "city": self.city,
                "plan": self.plan,
            },
        }


def person(number: int) -> Person:
    """The person of this customer number."""
    draw = random.Random(number)
    first, last = draw.choice(FIRST_NAMES), draw.choice(LAST_NAMES)
    plan = draw.choices(("basic", "silver", "gold"), weights=(70, 22, 8))[0]
    address = f"{first}.{last}.{number}@example.com".lower().translate(_ASCII)
    return Person(number, f"{first} {last}", address, draw.choice(list(CITIES)), plan)


def bought(product: Product, shop: str) -> dict[str, Any]:
    """What an event tells of a product. shop: the address of its pages."""
    return {
        "product": product.name,
        "category": product.category,
        "price": product.price,
        "url": f"{shop}/{product.slug}/",
    }
