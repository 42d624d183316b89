//! The published samples of RFC 8785 as far as our profile goes, what it refuses, and agreement with `serde_json`.
//!
//! The samples are the test data of the RFC's authors (<https://github.com/cyberphone/json-canonicalization>, testdata).

use super::{CanonicalError, to_vec};
use proptest::prelude::*;
use serde_json::{Value, json};

fn canonical(json: &str) -> Result<String, CanonicalError> {
    let value: Value = serde_json::from_str(json).unwrap();
    to_vec(&value).map(|bytes| String::from_utf8(bytes).unwrap())
}

#[test]
fn the_published_samples_come_out_as_published() {
    // structures.json, with `56.0` written as the integer that it is: we refuse to read a fraction into a number
    let structures = r#"{
  "1": {"f": {"f": "hi","F": 5} ,"\n": 56},
  "10": { },
  "": "empty",
  "a": { },
  "111": [ { } ],
  "A": { }
}"#;
    let expected = r#"{"":"empty","1":{"\n":56,"f":{"F":5,"f":"hi"}},"10":{},"111":[{}],"A":{},"a":{}}"#;
    assert_eq!(canonical(structures).unwrap(), expected);
    let arrays = "[\n  56,\n  {\n    \"d\": true,\n    \"10\": null,\n    \"1\": [ ]\n  }\n]";
    assert_eq!(canonical(arrays).unwrap(), r#"[56,{"1":[],"10":null,"d":true}]"#);
    let unicode = r#"{"Unnormalized Unicode":"\u1e0d\u0307"}"#;
    assert_eq!(canonical(unicode).unwrap(), "{\"Unnormalized Unicode\":\"\u{1e0d}\u{307}\"}");
    // values.json without its floating point numbers
    let values = r#"{
  "escaping": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
  "literals": [null, true, false]
}"#;
    let expected = "{\"escaping\":\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\",\"literals\":[null,true,false]}";
    assert_eq!(canonical(values).unwrap(), expected);
    // weird.json, its ASCII keys
    let weird = r#"{"1": "One", "</script>": "Browser Challenge", "0": "Control\u007f"}"#;
    let expected = "{\"0\":\"Control\u{7f}\",\"1\":\"One\",\"</script>\":\"Browser Challenge\"}";
    assert_eq!(canonical(weird).unwrap(), expected);
}

#[test]
fn what_a_leaf_may_not_hold_is_refused_by_name() {
    for float in ["1E30", "4.50", "2e-3", "56.0", "-0.0", "1e3"] {
        assert_eq!(canonical(&format!("[{float}]")), Err(CanonicalError::Float), "{float}");
    }
    assert_eq!(canonical("9007199254740991").unwrap(), "9007199254740991");
    assert_eq!(canonical("-9007199254740991").unwrap(), "-9007199254740991");
    assert_eq!(canonical("9007199254740992"), Err(CanonicalError::Integer(9_007_199_254_740_992)));
    assert_eq!(canonical("{\"a\":-9007199254740992}"), Err(CanonicalError::Integer(-9_007_199_254_740_992)));
    assert_eq!(to_vec(&1.5_f32), Err(CanonicalError::Float));
    // french.json and the rest of weird.json: keys beyond ASCII
    for key in ["péché", "€", "\u{80}", "\u{1f602}", "\u{fb33}"] {
        assert_eq!(to_vec(&json!({ key: 1 })), Err(CanonicalError::Key(key.to_owned())));
    }
    assert_eq!(to_vec(&std::collections::BTreeMap::from([(1, 2)])), Err(CanonicalError::NotAString));
    #[derive(serde::Serialize)]
    struct Inner {
        a: u8,
    }
    #[derive(serde::Serialize)]
    struct Twice {
        a: u8,
        #[serde(flatten)]
        inner: Inner,
    }
    assert_eq!(to_vec(&Twice { a: 1, inner: Inner { a: 2 } }), Err(CanonicalError::Duplicate("a".to_owned())));
}

#[test]
fn every_form_of_serde_is_written_as_serde_json_writes_it() {
    #[derive(serde::Serialize)]
    #[serde(rename_all = "kebab-case")]
    enum Form {
        Unit,
        New(u8),
        Tuple(u8, char),
        Struct { z: Option<bool>, a: () },
    }
    let forms = (Form::Unit, Form::New(1), Form::Tuple(2, '"'), Form::Struct { z: None, a: () }, [0_u8; 0], "é\u{1}");
    let ours = to_vec(&forms).unwrap();
    assert_eq!(String::from_utf8(ours.clone()).unwrap(), serde_json::to_value(&forms).unwrap().to_string());
    assert_eq!(ours, to_vec(&serde_json::to_value(&forms).unwrap()).unwrap());
}

fn any_value() -> impl Strategy<Value = Value> {
    let safe = -9_007_199_254_740_991_i64..=9_007_199_254_740_991;
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        safe.prop_map(Value::from),
        any::<String>().prop_map(Value::from)
    ];
    leaf.prop_recursive(5, 60, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::btree_map("[\\x00-\\x7f]{0,6}", inner, 0..8)
                .prop_map(|map| Value::Object(map.into_iter().collect()))
        ]
    })
}

proptest! {
    /// `serde_json` sorts keys by bytes and writes strings as RFC 8785 does, so it is a second writer for our profile.
    #[test]
    fn it_agrees_with_serde_json_and_is_stable(value in any_value()) {
        let bytes = to_vec(&value).unwrap();
        prop_assert_eq!(&bytes, &serde_json::to_vec(&value).unwrap());
        let again: Value = serde_json::from_slice(&bytes).unwrap();
        prop_assert_eq!(to_vec(&again).unwrap(), bytes);
    }
}
