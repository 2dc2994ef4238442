//! The rules of AWS, rule by rule.
