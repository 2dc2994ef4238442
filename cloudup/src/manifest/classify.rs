//! Telling documents apart.

use super::{
    schema::Kind,
    suggest::{did_you_mean, nearest},
    yaml::{Node, Tree},
};

/// What a document is.
pub(super) enum Class {
    Known(Kind),
    Foreign { api_version: String, kind: String },
}

/// Which field is wrong, how, and what to do.
pub(super) type Unclear = (&'static str, String, Option<String>);

/// Tells what a document is from its `apiVersion` and `kind`.
pub(super) fn classify(node: &Node) -> Result<Class, Unclear> {
    if !matches!(node.tree, Tree::Map(_)) {
        let hint = "a document starts with apiVersion, kind, metadata and spec".to_owned();
        return Err(("", "the document is not a mapping".to_owned(), Some(hint)));
    }
    let current = "kops.k8s.io/v1alpha2";
    let api_version = text_of(node, "apiVersion");
    let kind = text_of(node, "kind");
    let names = Kind::ALL.map(Kind::name);
    if api_version.is_empty() {
        let message = "the document has no apiVersion".to_owned();
        return Err(("apiVersion", message, Some(format!("apiVersion: {current} is kOps' own"))));
    }
    if kind.is_empty() {
        let hint = format!("kOps has {}", names.join(", "));
        return Err(("kind", "the document has no kind".to_owned(), Some(hint)));
    }
    let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
    let known = Kind::ALL.into_iter().find(|known| known.name() == kind);
    match (group, version, known) {
        ("kops.k8s.io" | "kops", "v1alpha2", Some(known)) => Ok(Class::Known(known)),
        ("kops.k8s.io" | "kops", "v1alpha2", None) => {
            let hint = did_you_mean(&kind, names)
                .unwrap_or_else(|| format!("a manifest holds {}", names.join(", ")));
            Err(("kind", format!("{kind:?} is not a kind of manifest"), Some(hint)))
        }
        ("kops.k8s.io" | "kops", ..) => {
            let message = format!("{version:?} is not a version that is read");
            let hint = format!("write {current}; `kops get -o yaml` prints it");
            Err(("apiVersion", message, Some(hint)))
        }
        // A group that is nearly kOps' own, with a kind that is: not somebody else's.
        (_, _, Some(_)) if nearest(&api_version, [current]).is_some() => {
            let message = format!("{api_version:?} is not kOps' apiVersion");
            Err(("apiVersion", message, Some(format!("did you mean {current:?}?"))))
        }
        _ => Ok(Class::Foreign { api_version, kind }),
    }
}

/// The text of a field, empty where there is none.
pub(super) fn text_of(node: &Node, key: &str) -> String {
    node.get(key).and_then(Node::text).unwrap_or_default().to_owned()
}
