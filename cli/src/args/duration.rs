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
        for text in ["", "15", "-15s", "soon"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
