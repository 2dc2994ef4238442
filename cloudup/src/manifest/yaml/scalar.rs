//! Scalars, and what kOps makes of them.

use serde_json::{Number, Value};

use super::Written;

/// A scalar as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::manifest) struct Scalar {
    pub(in crate::manifest) text: String,
    /// Whether it was written without quotes, so that it may be something else than text.
    pub(in crate::manifest) plain: bool,
    /// How it stands in the file.
    pub(in crate::manifest) written: Written,
}

/// What a scalar stands for.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::manifest) enum Resolved {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text,
}

impl Scalar {
    /// A scalar as if it were written without quotes.
    pub(in crate::manifest) fn plain(text: &str) -> Self {
        Self { text: text.to_owned(), plain: true, written: Written::default() }
    }

    /// What the scalar stands for, by the rules of the YAML that kOps reads, which is YAML 1.1 here:
    /// `yes` and `on` are true, and `010` is eight.
    pub(in crate::manifest) fn resolve(&self) -> Resolved {
        if !self.plain {
            return Resolved::Text;
        }
        match self.text.as_str() {
            "" | "~" | "null" | "Null" | "NULL" => return Resolved::Null,
            "true" | "True" | "TRUE" | "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => {
                return Resolved::Bool(true);
            }
            "false" | "False" | "FALSE" | "n" | "N" | "no" | "No" | "NO" | "off" | "Off"
            | "OFF" => return Resolved::Bool(false),
            _ => {}
        }
        let digits = self.text.replace('_', "");
        if let Some(value) = int(&digits) {
            return Resolved::Int(value);
        }
        if looks_like_a_float(&digits)
            && let Ok(value) = digits.parse::<f64>()
            && value.is_finite()
        {
            return Resolved::Float(value);
        }
        Resolved::Text
    }

    /// Whether it is a whole number with a leading zero, which readers of YAML do not agree on.
    pub(in crate::manifest) fn is_octal(&self) -> bool {
        let digits = self.text.trim_start_matches(['+', '-']);
        self.plain
            && digits.len() > 1
            && digits.starts_with('0')
            && digits.bytes().all(|c| c.is_ascii_digit())
    }

    /// The scalar as JSON.
    pub(in crate::manifest) fn to_value(&self) -> Value {
        match self.resolve() {
            Resolved::Null => Value::Null,
            Resolved::Bool(value) => Value::Bool(value),
            Resolved::Int(value) => match (i64::try_from(value), u64::try_from(value)) {
                (Ok(value), _) => Value::from(value),
                (_, Ok(value)) => Value::from(value),
                _ => Value::String(self.text.clone()),
            },
            Resolved::Float(value) => Number::from_f64(value)
                .map_or_else(|| Value::String(self.text.clone()), Value::Number),
            Resolved::Text => Value::String(self.text.clone()),
        }
    }
}

fn int(text: &str) -> Option<i128> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let value = i128::from_str_radix(digits, radix).ok()?;
    // What no 64-bit number holds is a float to kOps' reader.
    let value = if negative { -value } else { value };
    (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&value).then_some(value)
}

fn looks_like_a_float(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    text.bytes().all(|c| matches!(c, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'))
        && text.starts_with(|c: char| c.is_ascii_digit() || c == '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Resolved {
        Scalar::plain(text).resolve()
    }

    #[test]
    fn plain_scalars_mean_what_they_mean_to_kops() {
        for (text, meaning) in [
            ("", Resolved::Null),
            ("~", Resolved::Null),
            ("yes", Resolved::Bool(true)),
            ("Off", Resolved::Bool(false)),
            ("0", Resolved::Int(0)),
            ("-7", Resolved::Int(-7)),
            ("1_000", Resolved::Int(1000)),
            ("0x1F", Resolved::Int(31)),
            ("010", Resolved::Int(8)),
            ("18446744073709551615", Resolved::Int(18_446_744_073_709_551_615)),
            ("18446744073709551616", Resolved::Float(18_446_744_073_709_551_616.0)),
            ("012345678901", Resolved::Float(12_345_678_901.0)),
            ("2.75", Resolved::Float(2.75)),
            ("1e3", Resolved::Float(1000.0)),
            (".5", Resolved::Float(0.5)),
            ("172.20.0.0/16", Resolved::Text),
            ("1.32.0", Resolved::Text),
            ("200m", Resolved::Text),
            ("-", Resolved::Text),
            ("e", Resolved::Text),
            ("2017-01-01T00:00:00Z", Resolved::Text),
        ] {
            assert_eq!(plain(text), meaning, "{text:?}");
        }
    }

    #[test]
    fn quoted_scalars_are_text() {
        let scalar = Scalar { text: "true".to_owned(), plain: false, written: Written::default() };
        assert_eq!(scalar.resolve(), Resolved::Text);
    }
}
