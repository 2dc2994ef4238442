//! The paths of fields, for whoever types one.

use super::schema::{Field, Fields, Kind, Type};

/// A field's path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldPath {
    /// The path: `spec.kubernetesVersion`; of an item of a list `spec.subnets[0].zone`. Where there
    /// are fields below it, it ends at their first letter's place: `spec.iam.`, `spec.subnets[`.
    pub text: String,
    /// Whether it is a whole path.
    pub is_whole: bool,
}

impl FieldPath {
    /// The paths of a Cluster's fields that begin as what is typed, one step further.
    pub fn of_cluster(typed: &str) -> Vec<Self> {
        begun(Kind::Cluster.fields(), typed)
    }

    /// The same of an `InstanceGroup`'s fields.
    pub fn of_group(typed: &str) -> Vec<Self> {
        begun(Kind::InstanceGroup.fields(), typed)
    }
}

fn begun(mut fields: &Fields, typed: &str) -> Vec<FieldPath> {
    let (way, last) = typed.split_at(typed.rfind('.').map_or(0, |at| at + 1));
    for step in way.split_terminator('.') {
        let name = step.split_once('[').map_or(step, |(name, _)| name);
        match fields.get(name) {
            Some(field) => fields = &field.fields,
            None => return Vec::new(),
        }
    }
    let found =
        fields.iter().filter(|(name, field)| name.starts_with(last) && field.until.is_none());
    found.map(|(name, field)| further(way, name, field)).collect()
}

fn further(way: &str, name: &str, field: &Field) -> FieldPath {
    let end = match field.ty {
        _ if field.fields.is_empty() => "",
        Type::Object => ".",
        _ => "[",
    };
    FieldPath { text: format!("{way}{name}{end}"), is_whole: end.is_empty() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_completed_step_by_step() {
        for (typed, found) in [
            ("spec.ia", &["spec.iam."][..]),
            ("spec.iam.perm", &["spec.iam.permissionsBoundary"]),
            ("spec.subn", &["spec.subnets["]),
            ("spec.subnets[0].zo", &["spec.subnets[0].zone"]),
            ("spec.nothing.a", &[]),
            ("spec.kubernetesVersion.", &[]),
        ] {
            let paths = FieldPath::of_cluster(typed).into_iter().map(|path| path.text);
            assert_eq!(paths.collect::<Vec<_>>(), found, "{typed}");
        }
        let sizes = FieldPath::of_group("spec.m").into_iter().map(|path| path.text);
        assert!(sizes.collect::<Vec<_>>().contains(&"spec.maxSize".to_owned()));
    }
}
