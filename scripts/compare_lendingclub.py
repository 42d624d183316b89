#!/usr/bin/env python3
"""Recompute the sums of LendingClub's 2007-2011 tape from the CSV and compare them with an iledger ledger.

    iledger init --store lc --currency USD
    iledger --store lc import tape --mapping lendingclub-2007-2011 TAPE
    scripts/compare_lendingclub.py TAPE --store lc [--iledger PATH]

Nothing of iledger is used but `iledger balance --format json`: the sums over the rows of the CSV (each amount rounded to cents,
half up) are compared with its totals, and every loan's amounts with its row. Exit code 0: equal to the cent. 1: they differ.
"""

import argparse
import csv
import gzip
import json
import subprocess
import sys
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def cents(text):
    return Decimal(text or "0").quantize(CENT, ROUND_HALF_UP)


def rows(path):
    opened = gzip.open(path, "rt", encoding="utf-8", newline="") if path.endswith(".gz") else open(path, newline="")
    with opened as file:
        yield from csv.DictReader(file)


def expected(row):
    """What the ledger must say of one row."""
    funded, principal = cents(row["funded_amnt"]), cents(row["total_rec_prncp"])
    recovered = cents(row["recoveries"])
    charged_off = row["loan_status"].endswith("Charged Off")
    lost = funded - principal if charged_off else Decimal("0.00")
    return {
        "disbursed": funded,
        "received_principal": principal,
        "received_interest": cents(row["total_rec_int"]),
        "received_fee": Decimal("0.00"),
        "received_penalty": cents(row["total_rec_late_fee"]),
        "recovered": recovered,
        "written_off_principal": lost,
        "principal_lost": max(lost - recovered, Decimal("0.00")),
        "outstanding": Decimal("0.00"),
    }


def balance(args, *more):
    command = [args.iledger, "--store", args.store, "balance", "--format", "json", *more]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tape", help="the CSV, plain or .gz")
    parser.add_argument("--store", default="./.iledger", help="directory of the ledger")
    parser.add_argument("--iledger", default="iledger", help="the program")
    args = parser.parse_args()

    sums, loans, differing = {}, 0, 0
    ledger = {row["loan"]: row for row in balance(args)["loans"]}
    for row in rows(args.tape):
        loans += 1
        loan = "LC-" + row["row_no"]
        for name, amount in expected(row).items():
            sums[name] = sums.get(name, Decimal("0.00")) + amount
            found = Decimal(ledger[loan][name]) if loan in ledger else None
            if found != amount:
                differing += 1
                if differing <= 10:
                    print(f"{loan}: {name}: the tape says {amount}, the ledger {found}", file=sys.stderr)

    (total,) = balance(args, "--totals")["totals"]
    wrong = 0
    print(f"{'':24}{'tape':>20}{'ledger':>20}")
    for name, amount in [("loans", loans), *sums.items()]:
        found = Decimal(str(total[name]))
        mark = "" if found == amount else "   DIFFERS"
        wrong += found != amount
        print(f"{name:24}{amount:>20,}{found:>20,}{mark}")
    extra = len(ledger) - loans
    print(f"{differing} amounts of single loans differ; {extra} loans are in the ledger and not in the tape")
    return 1 if wrong or differing or extra else 0


if __name__ == "__main__":
    sys.exit(main())
