//! Permissions boundaries of single roles.

use cloudup_tasks::policy::Position;

use crate::{because::Field, explain::Subject, manifest::Cluster};

/// The annotation of a Cluster that bounds single roles, in place of `spec.iam.permissionsBoundary`:
/// `ROLE=ARN`, or `ROLE=none` for a role without a boundary, with white space between entries. A role
/// is a word for instances (`node`, `control-plane`, `apiserver`, `bastion`) or a service account,
/// `NAMESPACE/NAME`.
pub const ANNOTATION: &str = "cloudup/permissions-boundaries";

/// What stands for no boundary.
pub(crate) const NONE: &str = "none";

/// An entry of the annotation, as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry<'t> {
    /// The whole of it.
    pub(crate) text: &'t str,
    /// Where in the annotation's text it stands.
    pub(crate) at: Position,
}

impl<'t> Entry<'t> {
    /// What stands before the first `=`, and after it. The names of policies may have one, too.
    pub(crate) fn parts(&self) -> Option<(&'t str, &'t str)> {
        self.text.split_once('=')
    }
}

/// The entries of an annotation's text.
pub(crate) fn entries(text: &str) -> impl Iterator<Item = Entry<'_>> {
    text.lines().zip(1..).flat_map(|(line, number)| {
        line.split_whitespace().map(move |word| {
            let before = word.as_ptr().addr() - line.as_ptr().addr();
            let column = line[..before].chars().count() + 1;
            Entry { text: word, at: Position { line: number, column } }
        })
    })
}

/// The ARN of the policy that bounds a role, if one does, and the field that says so.
pub(crate) fn of<'c>(cluster: &'c Cluster, subject: &Subject) -> Option<(&'c str, Field)> {
    // A group's own role is bounded as the others of its role are.
    let subject = &match subject {
        Subject::Group { role, .. } => Subject::Instances(*role),
        other => other.clone(),
    };
    let annotation = cluster.metadata.annotations.get(ANNOTATION);
    let own = annotation.into_iter().flat_map(|text| entries(text)).find_map(|entry| {
        let (role, arn) = entry.parts()?;
        (Subject::spelt(role).as_ref() == Some(subject)).then_some((arn, entry.at))
    });
    match own {
        Some((NONE, _)) => None,
        Some((arn, at)) => {
            let path = format!("metadata.annotations[{ANNOTATION}]");
            Some((arn, Field { inside: Some(at), ..Field::new(path) }))
        }
        None => {
            let arn = cluster.spec.iam.permissions_boundary.as_deref()?;
            Some((arn, Field::new("spec.iam.permissionsBoundary")))
        }
    }
}

/// The same without the field.
pub(crate) fn arn_of(cluster: &Cluster, subject: &Subject) -> Option<String> {
    of(cluster, subject).map(|(arn, _)| arn.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_stand_where_they_are_written() {
        let text = "node=a  bastion=b\n\n  é kube-system/app=c=d\n";
        let found: Vec<_> =
            entries(text).map(|it| (it.text, it.at.line, it.at.column, it.parts())).collect();
        assert_eq!(
            found,
            [
                ("node=a", 1, 1, Some(("node", "a"))),
                ("bastion=b", 1, 9, Some(("bastion", "b"))),
                ("é", 3, 3, None),
                ("kube-system/app=c=d", 3, 5, Some(("kube-system/app", "c=d"))),
            ]
        );
    }
}
