//! Every field that kOps v1alpha2 knows.

use std::{collections::BTreeMap, sync::LazyLock};

/// What a field holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Type {
    String,
    Bool,
    /// A whole number of a range, and the range's name in kOps.
    Int(i128, i128),
    Number,
    /// An amount of something: `200m`, `1Gi`, 2.
    Quantity,
    /// A duration as Go writes it: `1h30m`.
    Duration,
    IntOrString,
    /// An instance group's role.
    Role,
    /// Anything at all.
    Any,
    List(Box<Type>),
    /// Any names, with values of one type.
    Map(Box<Type>),
    /// Known names.
    Object,
}

/// A field.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) ty: Type,
    /// The only values it may have, if not empty.
    pub(super) values: Vec<&'static str>,
    /// The last version of kOps that knew it, where later ones do not; `never` where none did.
    pub(super) until: Option<&'static str>,
    /// What it, or what it lists, consists of.
    pub(super) fields: Fields,
}

/// Fields by name.
pub(super) type Fields = BTreeMap<&'static str, Field>;

/// A kind of document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Cluster,
    InstanceGroup,
    SshCredential,
}

impl Kind {
    pub(super) const ALL: [Self; 3] = [Self::Cluster, Self::InstanceGroup, Self::SshCredential];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Cluster => "Cluster",
            Self::InstanceGroup => "InstanceGroup",
            Self::SshCredential => "SSHCredential",
        }
    }

    /// The fields of a document of this kind.
    pub(super) fn fields(self) -> &'static Fields {
        &self.document().fields
    }

    /// A document of this kind, as if it were a field.
    pub(super) fn document(self) -> &'static Field {
        static CLUSTER: LazyLock<Field> = LazyLock::new(|| document(include_str!("cluster.txt")));
        static GROUP: LazyLock<Field> =
            LazyLock::new(|| document(include_str!("instancegroup.txt")));
        static CREDENTIAL: LazyLock<Field> =
            LazyLock::new(|| document(include_str!("sshcredential.txt")));
        match self {
            Self::Cluster => &CLUSTER,
            Self::InstanceGroup => &GROUP,
            Self::SshCredential => &CREDENTIAL,
        }
    }
}

/// Paths at which a field of this name is found, shortest first.
pub(super) fn places_of(name: &str, fields: &Fields) -> Vec<String> {
    let mut found = Vec::new();
    search(name, fields, "", &mut found);
    found.sort_by_key(|path| (path.matches('.').count(), path.clone()));
    found
}

/// Whether documents of a kind have a field at a path such as `spec.subnets[0].zone`.
#[cfg(test)]
pub(crate) fn has_field(kind: &str, path: &str) -> bool {
    let kind = Kind::ALL.into_iter().find(|it| it.name() == kind).expect("it is a kind");
    let mut fields = kind.fields();
    path.split('.').all(|part| {
        let name = part.split_once('[').map_or(part, |(name, _)| name);
        fields.get(name).is_some_and(|field| {
            fields = &field.fields;
            field.until.is_none()
        })
    })
}

fn search(name: &str, fields: &Fields, prefix: &str, found: &mut Vec<String>) {
    for (key, field) in fields {
        let path = format!("{prefix}{key}");
        search(name, &field.fields, &format!("{path}."), found);
        if *key == name && field.until.is_none() {
            found.push(path);
        }
    }
}

fn document(spec: &'static str) -> Field {
    let lines: Vec<(usize, &str)> = include_str!("object.txt")
        .lines()
        .chain(spec.lines())
        .filter(|line| !line.starts_with('#'))
        .map(|line| ((line.len() - line.trim_start().len()) / 2, line.trim_start()))
        .collect();
    let fields = block(&mut lines.into_iter().peekable(), 0);
    Field { ty: Type::Object, values: Vec::new(), until: None, fields }
}

fn block(
    lines: &mut std::iter::Peekable<impl Iterator<Item = (usize, &'static str)>>,
    depth: usize,
) -> Fields {
    let mut fields = Fields::new();
    while let Some((_, line)) = lines.next_if(|(indent, _)| *indent >= depth) {
        let (name, rest) = line.split_once(": ").unwrap_or((line, "any"));
        let (rest, until) = match rest.split_once(" until ") {
            Some((rest, until)) => (rest, Some(until)),
            None => (rest, None),
        };
        let (ty, values) = match rest.split_once(" = ") {
            Some((ty, values)) => (ty, values.split(" | ").collect()),
            None => (rest, Vec::new()),
        };
        let field = Field { ty: type_of(ty), values, until, fields: block(lines, depth + 1) };
        fields.insert(name, field);
    }
    fields
}

fn type_of(text: &str) -> Type {
    let inner = || Box::new(type_of(&text[1..text.len() - 1]));
    match text {
        "string" => Type::String,
        "bool" => Type::Bool,
        "int32" => Type::Int(i32::MIN.into(), i32::MAX.into()),
        "int" | "int64" => Type::Int(i64::MIN.into(), i64::MAX.into()),
        "number" => Type::Number,
        "quantity" => Type::Quantity,
        "duration" => Type::Duration,
        "int-or-string" => Type::IntOrString,
        "role" => Type::Role,
        "object" => Type::Object,
        _ if text.starts_with('[') => Type::List(inner()),
        _ if text.starts_with('{') => Type::Map(inner()),
        _ => Type::Any,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at<'a>(fields: &'a Fields, path: &str) -> &'a Field {
        let (name, rest) = path.split_once('.').unwrap_or((path, ""));
        let field = fields.get(name).unwrap_or_else(|| panic!("no {name} on the way to {path}"));
        if rest.is_empty() { field } else { at(&field.fields, rest) }
    }

    #[test]
    fn fields_are_found_with_their_types_and_values() {
        let cluster = Kind::Cluster.fields();
        assert_eq!(at(cluster, "metadata.name").ty, Type::String);
        assert_eq!(at(cluster, "spec.iam.legacy").ty, Type::Bool);
        assert_eq!(
            at(cluster, "spec.externalPolicies").ty,
            Type::Map(Box::new(Type::List(Box::new(Type::String))))
        );
        assert_eq!(
            at(cluster, "spec.subnets.type").values,
            ["Public", "Private", "DualStack", "Utility"]
        );
        assert_eq!(at(cluster, "spec.etcdClusters.manager.backupInterval").ty, Type::Duration);
        assert_eq!(at(Kind::InstanceGroup.fields(), "spec.role").ty, Type::Role);
        assert_eq!(
            at(Kind::InstanceGroup.fields(), "spec.minSize").ty,
            Type::Int(-2_147_483_648, 2_147_483_647)
        );
    }

    #[test]
    fn every_type_in_the_tables_is_known() {
        fn check(fields: &Fields, path: &str) {
            for (name, field) in fields {
                let free =
                    matches!(*name, "managedFields" | "ownerReferences" | "serviceOIDCProvider");
                assert_eq!(field.ty == Type::Any, free, "{path}.{name}");
                check(&field.fields, &format!("{path}.{name}"));
            }
        }
        for kind in Kind::ALL {
            check(kind.fields(), kind.name());
        }
    }

    #[test]
    fn misplaced_fields_are_found_where_they_belong() {
        assert_eq!(
            places_of("permissionsBoundary", Kind::Cluster.fields()),
            ["spec.iam.permissionsBoundary"]
        );
    }
}
