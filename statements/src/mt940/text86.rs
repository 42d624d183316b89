//! Field 86, information to the account owner: `?20…` subfields of the German banks, `/EREF/` words of the Dutch ones, or
//! plain lines.

use crate::model::{Party, ReferenceKind, Statement};

/// Adds a text to the last entry.
pub(super) fn add(statement: &mut Statement, text: &str) {
    let Some(entry) = statement.entries.last_mut() else { return };
    let mark = ['?', '>'].into_iter().find(|mark| {
        let head = text.get(..3).is_some_and(|code| code.bytes().all(|b| b.is_ascii_digit()));
        head && text.get(3..).is_some_and(|rest| rest.starts_with(*mark))
    });
    let (remittance, party) = match mark {
        Some(mark) => structured(&text.replace('\n', ""), mark),
        None => (text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" "), None),
    };
    for (word, kind) in [
        ("EREF+", ReferenceKind::EndToEnd),
        ("KREF+", ReferenceKind::Instruction),
        ("MREF+", ReferenceKind::Mandate),
        ("/EREF/", ReferenceKind::EndToEnd),
        ("/MARF/", ReferenceKind::Mandate),
    ] {
        if let Some(value) = after(&remittance, word) {
            entry.refer(kind, value);
        }
    }
    if !entry.text.is_empty() && !remittance.is_empty() {
        entry.text.push(' ');
    }
    entry.text.push_str(&remittance);
    if party.is_some() {
        entry.party = party.map(Box::new);
    }
}

/// The value behind a word, up to the next word of the kind `ABCD+` or `/ABCD/`.
fn after<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let rest = text.split_once(word)?.1;
    if word.starts_with('/') {
        return rest.split('/').next().map(str::trim);
    }
    let end = ["EREF+", "KREF+", "MREF+", "CRED+", "DEBT+", "SVWZ+", "ABWA+", "ABWE+", "IBAN+", "BIC+"]
        .iter()
        .filter_map(|next| rest.find(next))
        .min();
    end.map_or(Some(rest), |end| rest.get(..end)).map(str::trim)
}

/// Subfields: 20 to 29 and 60 to 63 are the remittance, 31 is the other account, 32 and 33 the other name.
fn structured(text: &str, mark: char) -> (String, Option<Party>) {
    let (mut remittance, mut name, mut account) = (String::new(), String::new(), String::new());
    let mut parts = text.split(mark);
    parts.next();
    for part in parts {
        let Some((code, value)) = part.split_at_checked(2).filter(|(code, _)| code.bytes().all(|b| b.is_ascii_digit()))
        else {
            // the mark itself in a text
            remittance.push(mark);
            remittance.push_str(part);
            continue;
        };
        match code {
            "20" | "21" | "22" | "23" | "24" | "25" | "26" | "27" | "28" | "29" | "60" | "61" | "62" | "63" => {
                // words that begin a subfield are set apart
                if ["EREF+", "KREF+", "MREF+", "CRED+", "SVWZ+"].iter().any(|word| value.starts_with(word))
                    && !remittance.is_empty()
                {
                    remittance.push(' ');
                }
                remittance.push_str(value);
            }
            "31" => account.push_str(value.trim()),
            "32" | "33" => name.push_str(value),
            _ => {}
        }
    }
    let text = |value: String| Some(value.trim().to_owned()).filter(|value| !value.is_empty());
    let party = Party { name: text(name), account: text(account) };
    (remittance.trim().to_owned(), Some(party).filter(|party| *party != Party::default()))
}
