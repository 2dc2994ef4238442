//! Differences that are known, and not to be told.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use cloudup_engine::{Entry, Finding, Governed, NotASelector, Selector};

use crate::{kinds::KINDS, manifest::did_you_mean};

/// A difference that is known: `IAMRole`, `IAMRole/nodes.*`, `IAMRole.tags`,
/// `IAMRole/nodes.demo.example.com.tags`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// Which things.
    pub selector: Selector,
    /// Which field of theirs; all that is about them, if none is named.
    pub field: Option<String>,
}

/// All that is wrong with what is to be ignored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", lines(.mistakes))]
pub struct IgnoredError {
    /// Each mistake with what was written.
    pub mistakes: Vec<(String, NotIgnorable)>,
}

fn lines(mistakes: &[(String, NotIgnorable)]) -> String {
    let lines = mistakes.iter().map(|(written, mistake)| format!("--ignore {written}: {mistake}"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Why something cannot be ignored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotIgnorable {
    /// It selects nothing.
    #[error(transparent)]
    Selector(#[from] NotASelector),
    /// There is no such kind.
    #[error("there is no kind `{kind}`{}", meant(.hint.as_deref()))]
    Kind {
        /// The kind.
        kind: String,
        /// What was probably meant.
        hint: Option<String>,
    },
    /// The kind has no such field.
    #[error("{kind} has no field `{field}`{}; it has {}", meant(.hint.as_deref()), .fields.join(", "))]
    Field {
        /// The kind.
        kind: String,
        /// The field.
        field: String,
        /// What was probably meant.
        hint: Option<String>,
        /// The fields that there are.
        fields: Vec<String>,
    },
}

fn meant(hint: Option<&str>) -> String {
    hint.map(|hint| format!(" ({hint})")).unwrap_or_default()
}

/// Reads what is to be ignored of the tasks of a cluster.
pub(super) fn read(texts: &[String], tasks: &[Governed]) -> Result<Vec<Ignored>, IgnoredError> {
    let (mut ignored, mut mistakes) = (Vec::new(), Vec::new());
    for text in texts.iter().flat_map(|text| text.split(',')).map(str::trim) {
        match read_one(text, tasks) {
            _ if text.is_empty() => {}
            Ok(one) => ignored.push(one),
            Err(mistake) => mistakes.push((text.to_owned(), mistake)),
        }
    }
    if mistakes.is_empty() { Ok(ignored) } else { Err(IgnoredError { mistakes }) }
}

/// Names have dots too. What stands behind the last one is a field where the name without it is a
/// task's; where neither is, if the kind has such a field.
fn read_one(text: &str, tasks: &[Governed]) -> Result<Ignored, NotIgnorable> {
    let whole = text.parse::<Selector>();
    let Some((stem, field)) = text.rsplit_once('.') else { return checked(whole?, None) };
    let Ok(selector) = stem.parse::<Selector>() else { return checked(whole?, None) };
    let fields = fields(&selector, tasks);
    let selects = |selector: &Selector| {
        tasks.iter().any(|it| selector.matches(it.task.kind(), it.task.name()))
    };
    let is_field = fields.contains(field);
    let is_meant = match &whole {
        // A kind has no dots.
        Err(_) => true,
        Ok(whole) => {
            !selects(whole) && (is_field || selects(&selector)) || is_field && selects(&selector)
        }
    };
    if !is_meant {
        return checked(whole?, None);
    }
    let ignored = checked(selector, Some(field.to_owned()))?;
    // Where the cluster has nothing of the kind, nothing is known of its fields.
    if is_field || fields.is_empty() {
        return Ok(ignored);
    }
    Err(NotIgnorable::Field {
        kind: ignored.selector.kind().to_owned(),
        field: field.to_owned(),
        hint: did_you_mean(field, fields.iter().copied()),
        fields: fields.into_iter().map(str::to_owned).collect(),
    })
}

fn checked(selector: Selector, field: Option<String>) -> Result<Ignored, NotIgnorable> {
    let known = || KINDS.iter().map(|(kind, _)| *kind);
    if known().any(|kind| selector.matches_kind(kind)) {
        return Ok(Ignored { selector, field });
    }
    let kind = selector.kind().to_owned();
    let hint = did_you_mean(&kind, known());
    Err(NotIgnorable::Kind { kind, hint })
}

/// The fields of the kinds that are selected.
fn fields<'t>(selector: &Selector, tasks: &'t [Governed]) -> BTreeSet<&'t str> {
    let mut kinds: BTreeMap<&str, &Governed> = BTreeMap::new();
    for governed in tasks.iter().filter(|it| selector.matches_kind(it.task.kind())) {
        kinds.entry(governed.task.kind()).or_insert(governed);
    }
    kinds.into_values().flat_map(|it| it.fields.iter().map(|field| &**field)).collect()
}

impl Ignored {
    /// What is left of an entry without what is ignored.
    pub(super) fn taken_from(&self, mut entry: Entry) -> Option<Entry> {
        if !self.selector.matches(entry.task.kind(), entry.task.name()) {
            return Some(entry);
        }
        let field = self.field.as_ref()?;
        // What is missing is missing, whatever its fields.
        if let Finding::Different { changes } = &mut entry.finding {
            changes.retain(|change| change.field != *field);
            if changes.is_empty() {
                return None;
            }
        }
        Some(entry)
    }
}

impl fmt::Display for Ignored {
    /// As it was written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { selector, field } = self;
        selector.fmt(f)?;
        field.iter().try_for_each(|field| write!(f, ".{field}"))
    }
}

#[cfg(test)]
mod tests {
    use cloudup_engine::{Ruling, Source, TaskId};

    use super::*;

    fn tasks() -> Vec<Governed> {
        let task = |kind: &'static str, name: &str, fields: &[&'static str]| Governed {
            task: TaskId::new(kind, name),
            lifecycle: "Sync".into(),
            rule: Ruling { selector: None, source: Source::Default },
            fields: fields.iter().map(|field| (*field).into()).collect(),
        };
        vec![
            task("IAMRole", "nodes.a.tags", &["tags", "trust_policy"]),
            task("IAMRole", "masters.a", &["tags", "trust_policy"]),
            task("IAMRolePolicy", "nodes.a", &["document"]),
        ]
    }

    #[test]
    fn what_is_ignored_is_a_selector_and_perhaps_a_field() {
        let table = [
            ("IAMRole", Ok(("IAMRole", None))),
            ("IAMRole.tags", Ok(("IAMRole", Some("tags")))),
            ("*.tags", Ok(("*", Some("tags")))),
            ("IAMRole/masters.a", Ok(("IAMRole/masters.a", None))),
            ("IAMRole/masters.a.tags", Ok(("IAMRole/masters.a", Some("tags")))),
            ("IAMRole/masters.*.tags", Ok(("IAMRole/masters.*", Some("tags")))),
            ("IAMRole/other.example.com", Ok(("IAMRole/other.example.com", None))),
            ("IAMRole/nodes.a.tags", Ok(("IAMRole/nodes.a.tags", None))),
            ("IAMRole/nodes.b.tags", Ok(("IAMRole/nodes.b", Some("tags")))),
            // Nothing of the kind is there that could say which fields it has.
            ("WarmPool.min_size", Ok(("WarmPool", Some("min_size")))),
            ("IAMRol", Err("there is no kind `IAMRol` (did you mean \"IAMRole\"?)")),
            ("Bucket/a", Err("there is no kind `Bucket`")),
            (
                "IAMRole.tag",
                Err(
                    "IAMRole has no field `tag` (did you mean \"tags\"?); it has tags, trust_policy",
                ),
            ),
            (
                "IAMRole/masters.a.trust",
                Err("IAMRole has no field `trust`; it has tags, trust_policy"),
            ),
            (
                "IAMRole/",
                Err(
                    "`IAMRole/` names nothing after the slash: write `Kind/name`, or `Kind` alone for all",
                ),
            ),
        ];
        for (text, expected) in table {
            let found = read_one(text, &tasks()).map_err(|error| error.to_string());
            let found = found.as_ref().map(|it| (it.selector.to_string(), it.field.as_deref()));
            let expected = expected.map(|(selector, field)| (selector.to_owned(), field));
            match (found, expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{text}"),
                (Err(found), Err(expected)) => assert_eq!(found, expected, "{text}"),
                (found, expected) => panic!("{text}: {found:?}, not {expected:?}"),
            }
        }
    }
}
