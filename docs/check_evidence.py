#!/usr/bin/env python3
"""Recomputes the Merkle root of an exported log, and proofs, without iledger (RFC 6962, section 2.1).

    check_evidence.py events.jsonl                prints the number of events and their root
    check_evidence.py events.jsonl proof.json...  recomputes each proof from the events and compares every hash

The signatures of checkpoints (Ed25519) are not checked here: the standard library cannot.
"""
import base64, hashlib, json, sys


def sha(data):
    return hashlib.sha256(data).digest()


def split(n):  # the largest power of two below n
    return 1 << (n - 1).bit_length() - 1


def root(d):
    while len(d) > 1:  # level by level, an odd last node moves up: the same tree as the recursive one
        pairs = [sha(b"\1" + d[i] + d[i + 1]) for i in range(0, len(d) - 1, 2)]
        d = pairs + d[len(pairs) * 2:]
    return d[0] if d else sha(b"")


def inclusion(m, d):  # 2.1.1
    if len(d) <= 1:
        return []
    k = split(len(d))
    return inclusion(m, d[:k]) + [root(d[k:])] if m < k else inclusion(m - k, d[k:]) + [root(d[:k])]


def consistency(m, d, whole=True):  # 2.1.2
    if m == len(d):
        return [] if whole else [root(d)]
    k = split(len(d))
    if m <= k:
        return consistency(m, d[:k], whole) + [root(d[k:])]
    return consistency(m - k, d[k:], False) + [root(d[:k])]


def same(what, ours, theirs):
    if ours != theirs:
        sys.exit(f"{what}: {theirs} should be {ours}")


def head(tree, leaves):
    size, r = int(tree["size"]), root(leaves[:int(tree["size"])])
    same("root", r.hex(), tree["root"])
    if tree["checkpoint"]:
        same("checkpoint", [str(size), base64.b64encode(r).decode()], tree["checkpoint"].split("\n")[1:3])
    return size


lines = open(sys.argv[1], "rb").read().splitlines()
leaves = [sha(b"\0" + line) for line in lines]
print(len(leaves), root(leaves).hex())
for name in sys.argv[2:]:
    (kind, proof), = json.load(open(name))["proof"].items()
    if kind == "inclusion":
        same("event", json.loads(lines[int(proof["index"])]), proof["event"])
        path = inclusion(int(proof["index"]), leaves[:head(proof["tree"], leaves)])
    else:
        old, new = head(proof["old"], leaves), head(proof["new"], leaves)
        path = consistency(old, leaves[:new]) if old else []
    same("path", [h.hex() for h in path], proof["path"])
    print(name, kind, "holds")
