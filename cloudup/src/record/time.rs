//! Times as people read them.

/// A duration in milliseconds, in three digits or so.
pub(super) fn span(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    match milliseconds {
        0..1000 => format!("{milliseconds} ms"),
        1000..60_000 => format!("{seconds}.{} s", milliseconds % 1000 / 100),
        60_000..3_600_000 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600_000.. => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// The distance of marks on an axis that is so long: one, two or five of a power of ten, so that
/// there are ten at most.
pub(super) fn step(total: u64) -> u64 {
    let mut power = 1u64;
    loop {
        for digit in [1, 2, 5] {
            let step = power.saturating_mul(digit);
            if total / step <= 10 {
                return step;
            }
        }
        power = power.saturating_mul(10);
    }
}

/// A part of a whole in percent, as the attributes of an svg take it.
pub(super) fn percent(part: u64, whole: u64) -> String {
    let thousandths = u128::from(part) * 100_000 / u128::from(whole.max(1));
    format!("{}.{:03}%", thousandths / 1000, thousandths % 1000)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_duration_has_the_unit_that_fits() {
        let table = [
            (0, "0 ms"),
            (999, "999 ms"),
            (1000, "1.0 s"),
            (59_999, "59.9 s"),
            (61_000, "1 min 1 s"),
            (3_600_000, "1 h 0 min"),
            (90_060_000, "25 h 1 min"),
        ];
        for (milliseconds, told) in table {
            assert_eq!(span(milliseconds), told);
        }
    }

    #[test]
    fn a_part_is_told_in_percent() {
        let table = [
            (0, 0, "0.000%"),
            (1, 3, "33.333%"),
            (7, 7, "100.000%"),
            (u64::MAX, u64::MAX, "100.000%"),
        ];
        for (part, whole, told) in table {
            assert_eq!(percent(part, whole), told);
        }
    }

    proptest! {
        #[test]
        fn an_axis_has_few_marks_and_some(total in 1u64..) {
            let marks = total / step(total);
            prop_assert!((1..=10).contains(&marks), "{}", marks);
        }
    }
}
