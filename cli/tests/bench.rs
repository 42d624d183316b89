//! The benchmarks measure something, and leave nothing behind.
#![expect(clippy::unwrap_used, reason = "a test may")]

mod common;

use common::Place;
use serde_json::Value;

#[test]
fn the_figures_of_the_log() {
    for engine in ["sled", "redb"] {
        let place = Place::empty();
        let store = format!("{engine}:.");
        let size = ["--events", "3000", "--loans", "300", "--singles", "4", "--format", "json", "--store", &store];
        let said: Value = serde_json::from_str(&place.done(&[&["bench", "log"][..], &size].concat())).unwrap();
        assert_eq!((&said["engine"], &said["events"], &said["loans"]), (&engine.into(), &3000.into(), &300.into()));
        let figures = said["figures"].as_array().unwrap();
        for figure in figures {
            assert!(figure["figure"].is_string() && figure["unit"].is_string(), "{figure}");
            let value: f64 = figure["value"].to_string().trim_matches('"').parse().unwrap();
            assert!(value > 0.0, "{figure}");
            assert_eq!(figure["target"].is_string(), figure["reached"].is_boolean(), "{figure}");
        }
        let targets = figures.iter().filter(|figure| figure["target"].is_string()).count();
        assert!(figures.len() >= 17 && targets >= 10, "{figures:?}");
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0, "the store is deleted");
    }
}

#[test]
fn a_directory_that_is_there_is_not_touched() {
    let place = Place::empty();
    place.file("kept", "mine");
    let said = place.run(&["bench", "log", "--events", "10", "--directory", "."]);
    assert_eq!((said.code, said.out.as_str()), (4, ""), "{}", said.err);
    assert_eq!(place.read("kept"), "mine");
}
