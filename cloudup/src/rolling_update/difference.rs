//! Why an instance is to be replaced, in fields.

use cloudup_tasks::cloud::ec2::LaunchTemplateVersion;
use serde_json::Value;

/// The fields, spelt as EC2's parameters are, in which two versions of a template differ.
pub(super) fn fields(a: &LaunchTemplateVersion, b: &LaunchTemplateVersion) -> Vec<String> {
    // Types of ours always become JSON.
    let json = |it: &LaunchTemplateVersion| serde_json::to_value(&it.data).unwrap_or_default();
    let mut fields = Vec::new();
    differ(&json(a), &json(b), "", &mut fields);
    for (one, other) in [(a, b), (b, a)] {
        fields.extend(one.others.iter().filter(|name| !other.others.contains(name)).cloned());
    }
    fields
}

fn differ(a: &Value, b: &Value, path: &str, fields: &mut Vec<String>) {
    match (a, b) {
        _ if a == b => {}
        // The fields of what is said at one side alone are no news one by one.
        (Value::Object(one), Value::Object(other)) if !path.contains('.') => {
            let keys = one.keys().chain(other.keys().filter(|key| !one.contains_key(*key)));
            for key in keys {
                let dot = if path.is_empty() { "" } else { "." };
                let none = Value::Null;
                let of = |side: &serde_json::Map<String, Value>| side.get(key).cloned();
                let (left, right) = (of(one), of(other));
                let path = format!("{path}{dot}{key}");
                differ(
                    left.as_ref().unwrap_or(&none),
                    right.as_ref().unwrap_or(&none),
                    &path,
                    fields,
                );
            }
        }
        _ => fields.push(path.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use cloudup_tasks::cloud::ec2::{LaunchTemplateData, MetadataOptions};

    use super::*;

    #[test]
    fn fields_that_differ_are_named() {
        let options = |tokens: &str| MetadataOptions {
            http_tokens: Some(tokens.to_owned()),
            http_put_response_hop_limit: Some(1),
            ..MetadataOptions::default()
        };
        let version = |data, others: &[&str]| LaunchTemplateVersion {
            template_id: "lt-1".into(),
            template_name: "nodes".into(),
            number: 1,
            is_default: true,
            data,
            others: others.iter().map(ToString::to_string).collect(),
        };
        let before = LaunchTemplateData {
            image_id: Some("ami-1".into()),
            instance_type: Some("t3.medium".into()),
            metadata_options: Some(options("optional")),
            ..LaunchTemplateData::default()
        };
        let after = LaunchTemplateData {
            image_id: Some("ami-2".into()),
            metadata_options: Some(options("required")),
            user_data: Some("IyEvYmluL3No".into()),
            ..before.clone()
        };
        let (old, new) = (version(before, &["HibernationOptions"]), version(after, &[]));
        assert_eq!(
            fields(&old, &new),
            ["imageId", "metadataOptions.httpTokens", "userData", "HibernationOptions"]
        );
        assert_eq!(fields(&old, &old), [""; 0]);
    }
}
