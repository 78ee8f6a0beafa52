"""Transparency logs in plain files: Merkle trees, signed heads, proofs, witnesses, and the verifier that trusts nobody.

For an auditor
--------------
You need this folder, Python 3.11 with `cryptography`, and three things that must not come from whom you audit: the
policy file (which keys you believe), the checkpoint you kept last time, and a witness's latest one. Then:

    from pathlib import Path
    from transparency.policy_text import read_policy          # or shared.transparency.…, where it lies in the product
    from transparency.tile_store import TileStore
    from transparency.verify import verify_log

    report = verify_log(
        TileStore(Path("export/intake")),                     # any folder that c2sp.org/tlog-tiles could serve
        policy=read_policy(Path("gatehouse.policy").read_bytes()),
        remembered=[("my checkpoint of March", Path("march.checkpoint").read_bytes())],
    )
    report.ok, report.size, report.root.hex(), report.basis
    report.first_bad                                          # where, and why

It re-hashes every entry, compares every stored tile, checks signatures and the quorum of witnesses, and that the log
continues each remembered head. Without a policy it takes the key from the source and says so: then it has proven only
that the log agrees with itself. Without a remembered head it can't know of a rollback or a fork, and says that too.
A single entry is proven by its receipt: `receipt.parse_receipt(file).check(entry, policy)`.

For the product
---------------
`log_writer.LogWriter` extends a log in a folder, `tile_store.TileStore` serves it, `receipt.receipt_for` and
`tree_reader.TreeReader` prove from it, `witness.Witness` and `witness_client.cosign` bind it, `guard.stance` tells
whether it was rolled back, `mirror.mirror` exports it. See README.md.

Formats: RFC 6962 and RFC 9162 trees; C2SP signed-note, tlog-checkpoint, tlog-tiles, tlog-cosignature, tlog-witness,
tlog-proof, tlog-policy. Ed25519 and SHA-256 throughout. Nothing here imports anything else of ours.
"""
