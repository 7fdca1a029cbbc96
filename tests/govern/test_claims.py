"""The register of circulating statistics: kept to be recognised, never used."""

from cxkit import shipped
from cxkit.tables.catalogue import CONTRACTS


def test_every_claim_is_marked_unsourced_and_readable():
    register = shipped.yaml("playbook/claims.yml")
    drivers = CONTRACTS["benefits"].column("driver").allowed
    ids = [claim["id"] for claim in register["claims"]]
    assert len(ids) == len(set(ids)) >= 10
    for claim in register["claims"]:
        assert claim["provenance"] == "unsourced"
        assert claim["kind"] in {"effect", "state"}
        assert claim["says"].endswith(".")
        assert claim.get("driver") in {None, *drivers}
        assert claim["high"] is None or claim["low"] <= claim["high"]
