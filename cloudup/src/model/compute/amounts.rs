//! Durations and quantities as manifests write them. What cannot be read was refused before.

use serde_json::Value;

/// A million.
pub(super) const MEGA: i64 = 1_000_000;

/// A duration as Go writes it, `48h20m`, in whole seconds.
pub(super) fn seconds(text: &str) -> i32 {
    let (mut seconds, mut number) = (0.0, String::new());
    let mut rest = text.trim_start_matches('+').chars().peekable();
    while let Some(letter) = rest.next() {
        if letter.is_ascii_digit() || letter == '.' {
            number.push(letter);
            continue;
        }
        let mut unit = letter.to_string();
        while let Some(letter) = rest.next_if(|it| it.is_alphabetic()) {
            unit.push(letter);
        }
        let length = match unit.as_str() {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            _ => 0.0,
        };
        seconds += number.parse::<f64>().unwrap_or(0.0) * length;
        number.clear();
    }
    #[expect(clippy::cast_possible_truncation, reason = "a cast from float saturates")]
    let seconds = seconds as i32;
    seconds
}

/// A quantity as Kubernetes writes it, `16Gi`, in whole units, rounded up.
pub(super) fn quantity(value: &Value, unit: i64) -> Option<i32> {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let split = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, suffix) = text.split_at(split);
    let scale = match suffix {
        "" => 1.0,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "Ki" => 1024.0,
        "Mi" => 1024.0 * 1024.0,
        "Gi" => 1024.0 * 1024.0 * 1024.0,
        "Ti" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    let amount = number.parse::<f64>().ok()? * scale;
    #[expect(clippy::cast_precision_loss, reason = "units are small numbers")]
    let unit = unit as f64;
    #[expect(clippy::cast_possible_truncation, reason = "a cast from float saturates")]
    let whole = (amount / unit).ceil() as i32;
    Some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_in_seconds() {
        for (text, expected) in
            [("48h20m", 174_000), ("90s", 90), ("1.5h", 5400), ("0", 0), ("1h0m1s", 3601)]
        {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    #[test]
    fn quantities_are_read_in_units_rounded_up() {
        for (value, unit, expected) in [
            (Value::from("8Gi"), MEGA, 8590),
            (Value::from("4000M"), MEGA, 4000),
            (Value::from(2), 1, 2),
            (Value::from("1500m"), 1, 2),
        ] {
            assert_eq!(quantity(&value, unit), Some(expected), "{value}");
        }
    }
}
