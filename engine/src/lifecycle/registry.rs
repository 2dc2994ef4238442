//! Lifecycles by name.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    ExistsAndValidates, ExistsAndWarnIfChanges, Ignore, Lifecycle, Sync, WarnIfInsufficientAccess,
};
use crate::spelling::{Suggestion, nearest};

/// The lifecycles that people may name: the five built-ins, and one's own.
#[derive(Clone, Debug)]
pub struct Registry {
    lifecycles: BTreeMap<String, Arc<dyn Lifecycle>>,
}

impl Default for Registry {
    fn default() -> Self {
        let built_in: [Arc<dyn Lifecycle>; 5] = [
            Arc::new(Sync),
            Arc::new(Ignore),
            Arc::new(WarnIfInsufficientAccess),
            Arc::new(ExistsAndValidates),
            Arc::new(ExistsAndWarnIfChanges),
        ];
        let named = built_in.into_iter().map(|lifecycle| (lifecycle.name().to_owned(), lifecycle));
        Self { lifecycles: named.collect() }
    }
}

impl Registry {
    /// Adds a lifecycle of one's own, to be used in overrides under its name.
    pub fn register(&mut self, lifecycle: impl Lifecycle + 'static) -> Result<(), RegistryError> {
        let name = lifecycle.name().to_owned();
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric()) {
            return Err(RegistryError::Unwritable(name));
        }
        if self.lifecycles.contains_key(&name) {
            return Err(RegistryError::Taken(name));
        }
        self.lifecycles.insert(name, Arc::new(lifecycle));
        Ok(())
    }

    /// The lifecycle of this name. Case counts, as in kOps.
    pub fn get(&self, name: &str) -> Result<Arc<dyn Lifecycle>, UnknownLifecycle> {
        self.lifecycles.get(name).cloned().ok_or_else(|| UnknownLifecycle {
            name: name.to_owned(),
            suggestion: nearest(name, self.names()),
            known: self.names().map(str::to_owned).collect(),
        })
    }

    /// Every name, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.lifecycles.keys().map(String::as_str)
    }
}

/// Why a lifecycle cannot be registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// There is one of this name.
    #[error("there is a lifecycle `{0}` already: give this one another name")]
    Taken(String),
    /// Nobody could write the name in an override.
    #[error("a lifecycle cannot be called `{0}`: use ASCII letters and digits")]
    Unwritable(String),
}

/// There is no lifecycle of this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no lifecycle `{name}`{suggestion}; there are {}", known.join(", "))]
pub struct UnknownLifecycle {
    /// The name as given.
    pub name: String,
    /// What was probably meant.
    pub suggestion: Suggestion,
    /// Every name there is.
    pub known: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Finding, Verdict};

    #[derive(Debug)]
    struct Named(&'static str);

    impl Lifecycle for Named {
        fn name(&self) -> &str {
            self.0
        }

        fn decide(&self, _: &Finding) -> Verdict {
            Verdict::Warn
        }
    }

    #[test]
    fn a_lifecycle_of_ones_own_is_found_by_its_name() {
        let mut registry = Registry::default();
        registry.register(Named("TagsOnly")).expect("the name is free");
        let own = registry.get("TagsOnly").expect("it was registered");
        assert_eq!(own.decide(&Finding::Same), Verdict::Warn);
    }

    #[test]
    fn a_name_is_given_once_and_can_be_written() {
        let mut registry = Registry::default();
        assert_eq!(registry.register(Named("Sync")), Err(RegistryError::Taken("Sync".into())));
        for name in ["", "A,B", "A=B", "a b"] {
            let refused = Err(RegistryError::Unwritable(name.into()));
            assert_eq!(registry.register(Named(name)), refused);
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_a_suggestion_and_the_list() {
        let unknown = Registry::default().get("ExistAndValidate").expect_err("there is none");
        assert_eq!(
            unknown.to_string(),
            "there is no lifecycle `ExistAndValidate` (did you mean `ExistsAndValidates`?); there are \
             ExistsAndValidates, ExistsAndWarnIfChanges, Ignore, Sync, WarnIfInsufficientAccess"
        );
    }
}
