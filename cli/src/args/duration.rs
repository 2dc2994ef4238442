//! Durations.

use std::time::Duration;

use jiff::SignedDuration;

/// A duration as people write it, which does not go backwards: `90s`, `15m`, `1h30m`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let read = text.parse::<SignedDuration>().ok();
    read.and_then(|duration| Duration::try_from(duration).ok())
        .ok_or_else(|| format!("`{text}` is no duration: write 90s, 15m or 1h30m"))
}

/// The same, where a number by itself is minutes: `10`.
pub(crate) fn duration_or_minutes(text: &str) -> Result<Duration, String> {
    match text.parse::<u16>() {
        Ok(minutes) => Ok(Duration::from_secs(60 * u64::from(minutes))),
        Err(_) => duration(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_as_go_writes_them() {
        for (text, seconds) in
            [("0", 0), ("15s", 15), ("15m", 900), ("1h30m", 5400), ("1h0m1s", 3601)]
        {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        assert_eq!(duration_or_minutes("10"), duration("10m"));
        assert_eq!(duration_or_minutes("90s"), duration("90s"));
        for text in ["", "15", "-15s", "soon"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
