//! Sets of a few amounts that come to a sum.

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sums {
    /// Nothing fits.
    None,
    /// One set fits: its places.
    One(Vec<usize>),
    /// More than one set fits.
    Several,
}

/// Sets of two to all of at most twelve amounts that come to a target.
pub(super) fn of(amounts: &[i64], target: i64) -> Sums {
    let count = amounts.len().min(12);
    let mut found = None;
    for set in 1_u32..1_u32.checked_shl(u32::try_from(count).unwrap_or(12)).unwrap_or(1) {
        if set.count_ones() < 2 {
            continue;
        }
        let members = || (0..count).filter(|at| set >> at & 1 == 1);
        let sum: i128 = members().filter_map(|at| amounts.get(at)).map(|amount| i128::from(*amount)).sum();
        if sum == i128::from(target) {
            if found.is_some() {
                return Sums::Several;
            }
            found = Some(members().collect());
        }
    }
    found.map_or(Sums::None, Sums::One)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_set_or_none_is_an_answer() {
        assert_eq!(of(&[5, 7, 11], 12), Sums::One(vec![0, 1]));
        assert_eq!(of(&[5, 7, 12], 12), Sums::One(vec![0, 1]), "one amount alone is no sum");
        assert_eq!(of(&[5, 7, 5], 12), Sums::Several);
        assert_eq!(of(&[5, 7], 13), Sums::None);
        assert_eq!(of(&[], 0), Sums::None);
    }
}
