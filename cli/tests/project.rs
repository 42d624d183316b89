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
    let path = place.path().join(".iledger/projections/balances.v2.proj");
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

/// A pass that is killed, wherever it is, leaves whole checkpoints or the old ones; the next pass goes on and comes to the
/// same bytes.
#[test]
fn a_killed_pass_leaves_nothing_half_done() {
    let place = Place::empty();
    place.done(&["demo", "--loans", "60", "--store", "book", "--quiet"]);
    let directory = place.path().join("book/projections");
    let files = || -> Vec<(String, Vec<u8>)> {
        let mut files: Vec<_> = std::fs::read_dir(&directory)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "proj"))
            .map(|path| (path.display().to_string(), std::fs::read(&path).unwrap()))
            .collect();
        files.sort();
        files
    };
    let whole = files();
    assert_eq!(whole.len(), 3);
    for (round, command) in ["rebuild", "catch-up", "rebuild", "catch-up", "rebuild", "catch-up"].iter().enumerate() {
        if *command == "catch-up" {
            // it begins from nothing
            std::fs::remove_dir_all(&directory).unwrap();
        }
        let mut child = place.command(&["project", command, "--store", "book", "--quiet"]).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(5 * 2_u64.pow(u32::try_from(round).unwrap())));
        // it may have ended by itself
        let _ = child.kill();
        child.wait().unwrap();
        place.done(&["project", "catch-up", "--store", "book"]);
        assert_eq!(files(), whole, "{command}, round {round}");
    }
    assert_eq!(place.run(&["project", "diff", "--store", "book"]).code, 0);
}
