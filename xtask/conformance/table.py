"""The article's table of behaviour, walked through one client: who acts, and what the three sides say after.

A client has these methods; each goes through the vendor's own code:
raise_alert() -> name of a new alert in Defender for Cloud; defender(name), sentinel(name), incident(name) -> status;
owner(name, verb) sets the alert in Defender for Cloud; analyst(name, status) sets the incident in Sentinel.
"""

from report import check, same

ROWS = [
    ("new alert", None, ("Active", "New", "New")),
    ("the owner sets the alert in progress", ("owner", "inProgress"), ("InProgress", "InProgress", "New")),
    ("the owner dismisses the alert", ("owner", "dismiss"), ("Dismissed", "Dismissed", "New")),
    ("the owner resolves the alert", ("owner", "resolve"), ("Resolved", "Resolved", "New")),
    ("the owner opens the alert again", ("owner", "activate"), ("Active", "New", "New")),
    ("the analyst sets the incident active", ("analyst", "Active"), ("Active", "New", "Active")),
    ("the analyst closes the incident", ("analyst", "Closed"), ("Resolved", "Resolved", "Closed")),
]


def walk(client):
    """Each row with an alert of its own."""
    for name, act, expected in ROWS:
        check(f"table: {name}", row, client, act, expected)


def row(client, act, expected):
    alert = client.raise_alert()
    if act == ("owner", "activate"):
        client.owner(alert, "dismiss")
    if act:
        who, what = act
        getattr(client, who)(alert, what)
    same((client.defender(alert), client.sentinel(alert), client.incident(alert)), expected)
