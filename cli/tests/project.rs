//! The projections on the command line: listed, compared, built again, followed.
#![expect(clippy::unwrap_used, reason = "a test may")]

mod common;

use common::Place;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

#[test]
fn projections_are_listed_compared_and_built_again() {
    let place = Place::with_loan();
    let listed = place.json(&["project", "list"])["projections"].clone();
    let names: Vec<_> = listed.as_array().unwrap().iter().map(|one| one["projection"].as_str().unwrap()).collect();
    assert_eq!(names, ["balances", "overdue", "classification"]);
    place.done(&["project", "catch-up"]);
    let status = place.json(&["project", "status"]);
    assert!(status["projections"].as_array().unwrap().iter().all(|one| one["up_to_date"] == true), "{status}");
    assert!(place.json(&["project", "diff"])["projections"].as_array().unwrap().iter().all(|one| one["same"] == true));
    let built = place.json(&["project", "rebuild", "overdue"])["projections"].clone();
    assert_eq!(built.as_array().unwrap().len(), 1);
    let said = place.run(&["project", "rebuild", "overdu"]);
    assert_eq!(said.code, 2, "{}", said.err);
    assert!(said.err.contains("there are balances, overdue, classification"), "{}", said.err);

    // a checkpoint that another process damaged is found, and is built again by the next pass
    let path = place.path().join(".iledger/projections/balances.v1.proj");
    let mut bytes = std::fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let said = place.run(&["project", "diff"]);
    assert_eq!(said.code, 1, "{}{}", said.out, said.err);
    assert!(said.out.contains("damaged"), "{}", said.out);
    place.done(&["project", "catch-up"]);
    assert_eq!(place.run(&["project", "diff"]).code, 0);
}

#[test]
fn what_is_followed_sees_what_others_write() {
    let place = Place::with_loan();
    assert_eq!(place.run(&["project", "catch-up", "--follow", "--format", "csv"]).code, 2);
    let follow = ["project", "catch-up", "--follow", "--format", "jsonl"];
    let mut child = place.command(&follow).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut pass = || -> Vec<serde_json::Value> {
        let three = lines.by_ref().take(3).map(|line| serde_json::from_str(&line.unwrap()).unwrap());
        three.collect()
    };
    assert!(pass().iter().all(|one| one["events"].as_u64() == Some(2)));
    place.done(&["repay", "L-1", "10"]);
    assert!(pass().iter().all(|one| one["events"].as_u64() == Some(1)), "one new event");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(place.run(&["project", "diff"]).code, 0);
}
