//! A report as one HTML page without scripts or anything from elsewhere.

use crate::render::Json;
use std::fmt::Write as _;

/// The page of an object of fields and lists of objects.
pub fn page(title: &str, object: &Json) -> String {
    let mut out = String::from("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>");
    escape(&mut out, title);
    out.push_str(
        "</title><style>body{font:14px sans-serif;margin:2em}table{border-collapse:collapse;margin:0 0 2em}\
         th,td{border:1px solid #ccc;padding:3px 8px;text-align:left}th{background:#eee}</style></head><body><h1>",
    );
    escape(&mut out, title);
    out.push_str("</h1>\n");
    let value = serde_json::to_value(object).unwrap_or_default();
    let mut fields = String::new();
    let mut sheets = String::new();
    for (key, value) in value.as_object().into_iter().flatten() {
        match value.as_array() {
            None => {
                fields.push_str("<tr><th>");
                escape(&mut fields, key);
                fields.push_str("</th><td>");
                escape(&mut fields, &plain(value));
                fields.push_str("</td></tr>\n");
            }
            Some(rows) => sheet(&mut sheets, key, rows),
        }
    }
    let _ = write!(out, "<table>{fields}</table>\n{sheets}</body></html>\n");
    out
}

fn sheet(out: &mut String, name: &str, rows: &[serde_json::Value]) {
    out.push_str("<h2>");
    escape(out, &name.replace('_', " "));
    out.push_str("</h2>\n<table>");
    if let Some(first) = rows.first().and_then(serde_json::Value::as_object) {
        out.push_str("<tr>");
        for key in first.keys() {
            out.push_str("<th>");
            escape(out, key);
            out.push_str("</th>");
        }
        out.push_str("</tr>\n");
    }
    for row in rows.iter().filter_map(serde_json::Value::as_object) {
        out.push_str("<tr>");
        for value in row.values() {
            out.push_str("<td>");
            escape(out, &plain(value));
            out.push_str("</td>");
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</table>\n");
}

fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => String::new(),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
    }
}
