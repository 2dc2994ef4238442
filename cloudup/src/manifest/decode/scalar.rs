//! A scalar against the type of its field.

use serde_json::Value;

use crate::manifest::{
    schema::Type,
    spec::Role,
    suggest::{did_you_mean, one_of},
    yaml::{Resolved, Scalar},
};

/// What is wrong, and what to do about it.
type Wrong = (String, Option<String>);

/// Reads a scalar that is not null. Numbers and booleans that a text is wanted for are refused, as
/// kOps refuses them.
pub(super) fn read(scalar: &Scalar, ty: &Type, values: &[&str]) -> Result<Value, Wrong> {
    let text = scalar.text.as_str();
    match (ty, scalar.resolve()) {
        (Type::String, Resolved::Text) => one_of_values(text, values),
        (Type::Role, Resolved::Text) => role(text),
        (Type::Duration, Resolved::Text) if is_duration(text) => Ok(Value::from(text)),
        (Type::Quantity, Resolved::Text) if is_quantity(text) => Ok(Value::from(text)),
        (Type::IntOrString, Resolved::Text) => Ok(Value::from(text)),
        (Type::Bool, Resolved::Bool(value)) => Ok(Value::from(value)),
        (Type::Int(..) | Type::IntOrString, Resolved::Int(value))
            if scalar.is_octal() && value != 0 =>
        {
            Err((
                format!("{text} can be read in two ways: a number that starts with 0 may be octal"),
                Some(format!("write {value}, or {}", text.trim_start_matches('0'))),
            ))
        }
        (Type::Int(least, most), Resolved::Int(value)) if (*least..=*most).contains(&value) => {
            Ok(scalar.to_value())
        }
        (Type::Int(least, most), Resolved::Int(_)) => Err((
            format!("{text} is out of range"),
            Some(format!("the least is {least}, the most is {most}")),
        )),
        (Type::Quantity | Type::Number | Type::IntOrString, Resolved::Int(_))
        | (Type::Quantity | Type::Number, Resolved::Float(_)) => Ok(scalar.to_value()),
        (_, found) => {
            let message = format!("this is {}, and has to be {}", describe(scalar), expected(ty));
            Err((message, hint(scalar, ty, &found)))
        }
    }
}

fn hint(scalar: &Scalar, ty: &Type, found: &Resolved) -> Option<String> {
    let text = scalar.text.as_str();
    let unquoted = Scalar { plain: true, ..scalar.clone() }.resolve();
    match (ty, found, unquoted) {
        (Type::String | Type::Role, ..) => Some(format!("quote it: {text:?}")),
        (Type::Duration, Resolved::Int(_) | Resolved::Float(_), _) => {
            Some(format!("give it a unit, such as {text}s, {text}m or {text}h"))
        }
        (Type::Duration, ..) => Some("such as 90s, 15m or 1h30m".to_owned()),
        (Type::Quantity, ..) => Some("such as 200m, 2, 512Mi or 1G".to_owned()),
        (Type::Bool, Resolved::Text, Resolved::Bool(value)) => {
            Some(format!("remove the quotes: {value}"))
        }
        (Type::Bool, ..) => Some("write true or false".to_owned()),
        (Type::Int(..) | Type::Number, Resolved::Text, Resolved::Int(_)) => {
            Some(format!("remove the quotes: {text}"))
        }
        _ => None,
    }
}

fn one_of_values(text: &str, values: &[&str]) -> Result<Value, Wrong> {
    if values.is_empty() || values.contains(&text) || text.is_empty() {
        return Ok(Value::from(text));
    }
    let message = format!("{text:?} is not one of the values that this may have");
    let all = format!("write {}", one_of(values.iter().copied()));
    Err((message, Some(did_you_mean(text, values.iter().copied()).unwrap_or(all))))
}

fn role(text: &str) -> Result<Value, Wrong> {
    if text.is_empty() {
        return Ok(Value::from(""));
    }
    if let Ok(role) = text.parse::<Role>() {
        return Ok(Value::from(role.manifest_name()));
    }
    let known = Role::ALL.map(Role::manifest_name);
    let hint = did_you_mean(text, known.into_iter().chain(["ControlPlane"]))
        .unwrap_or_else(|| format!("write {}", one_of(known)));
    Err((format!("{text:?} is not a role"), Some(hint)))
}

/// What a scalar is, in words.
pub(super) fn describe(scalar: &Scalar) -> String {
    let text = scalar.text.as_str();
    match scalar.resolve() {
        Resolved::Null => "nothing".to_owned(),
        Resolved::Bool(value) if text == value.to_string() => format!("the boolean {text}"),
        Resolved::Bool(value) => format!("the boolean {value} (YAML 1.1 reads {text} so)"),
        Resolved::Int(_) | Resolved::Float(_) => format!("the number {text}"),
        Resolved::Text if text.chars().count() > 40 => "a text".to_owned(),
        Resolved::Text => format!("the text {text:?}"),
    }
}

/// What a type is, in words.
pub(super) fn expected(ty: &Type) -> &'static str {
    match ty {
        Type::String => "a text",
        Type::Bool => "true or false",
        Type::Int(..) => "a whole number",
        Type::Number => "a number",
        Type::Quantity => "an amount",
        Type::Duration => "a duration",
        Type::IntOrString => "a number or a text",
        Type::Role => "a role",
        Type::Any => "anything",
        Type::List(_) => "a list",
        Type::Map(_) | Type::Object => "a mapping",
    }
}

/// Whether Go's `time.ParseDuration` reads it.
fn is_duration(text: &str) -> bool {
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if rest == "0" {
        return true;
    }
    if rest.is_empty() {
        return false;
    }
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (digits, unit) = rest.split_at(number);
        if digits.matches('.').count() > 1 || !digits.bytes().any(|c| c.is_ascii_digit()) {
            return false;
        }
        let units = ["ns", "us", "µs", "μs", "ms", "s", "m", "h"];
        let Some(unit) =
            units.iter().filter(|name| unit.starts_with(**name)).max_by_key(|name| name.len())
        else {
            return false;
        };
        rest = &rest[number + unit.len()..];
    }
    true
}

/// Whether it is a Kubernetes quantity (the pattern is in kOps' custom resource definitions).
fn is_quantity(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at(end);
    let is_number =
        |text: &str| text.bytes().any(|c| c.is_ascii_digit()) && text.matches('.').count() <= 1;
    let exponent =
        suffix.strip_prefix(['e', 'E']).map(|rest| rest.strip_prefix(['+', '-']).unwrap_or(rest));
    is_number(number)
        && (["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "n", "u", "m", "k", "M", "G", "T", "P", "E"]
            .contains(&suffix)
            || exponent.is_some_and(|rest| {
                is_number(rest) && rest.bytes().all(|c| c.is_ascii_digit() || c == b'.')
            }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_what_go_reads() {
        for good in ["0", "15m", "1h30m", "-1.5h", "100ms", "2h45m30.5s", "3µs"] {
            assert!(is_duration(good), "{good}");
        }
        for bad in ["", "15", "m", "1d", "1.2.3s", "1h 30m", "."] {
            assert!(!is_duration(bad), "{bad}");
        }
    }

    #[test]
    fn quantities_are_what_kubernetes_reads() {
        for good in ["1", "0.5", ".5", "1.", "200m", "1Gi", "-3k", "1e3", "1E"] {
            assert!(is_quantity(good), "{good}");
        }
        for bad in ["", "Gi", "1GB", "1 Gi", "1.2.3", "abc", "1e", "1K"] {
            // 1e with nothing after it is not the suffix E.
            assert!(!is_quantity(bad), "{bad}");
        }
    }
}
