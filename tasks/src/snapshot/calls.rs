//! The answers of one operation, each asked for once.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use futures::{
    FutureExt,
    future::{BoxFuture, Shared},
};

use crate::cloud::CloudError;

type Answer<V> = Shared<BoxFuture<'static, Result<V, CloudError>>>;

/// What a call is about, and what else it asks.
type Key = (String, String);

/// The answers of one operation.
pub(super) struct Calls<V: Clone> {
    state: Mutex<State<V>>,
}

struct State<V: Clone> {
    answers: BTreeMap<Key, Answer<V>>,
    /// What the run changed: that it is not there is not remembered.
    changed: BTreeSet<String>,
}

impl<V: Clone> Default for Calls<V> {
    fn default() -> Self {
        Self { state: Mutex::new(State { answers: BTreeMap::new(), changed: BTreeSet::new() }) }
    }
}

impl<V: Clone> Calls<V> {
    /// The answer to a call, which is `ask` unless it has been asked before or is being asked.
    ///
    /// Whoever waits drives the call, so that one who gives up holds up nobody.
    pub(super) async fn get(
        &self,
        subject: &str,
        detail: &str,
        ask: impl FnOnce() -> BoxFuture<'static, Result<V, CloudError>>,
    ) -> Result<V, CloudError> {
        let key = (subject.to_owned(), detail.to_owned());
        let answer =
            self.state().answers.entry(key.clone()).or_insert_with(|| ask().shared()).clone();
        let answered = answer.clone().await;
        if let Err(error) = &answered {
            let mut state = self.state();
            let lasting = error.is_not_found() && !state.changed.contains(subject);
            // Another call may have taken its place meanwhile.
            let same = state.answers.get(&key).is_some_and(|known| known.ptr_eq(&answer));
            if same && !lasting {
                state.answers.remove(&key);
            }
        }
        answered
    }

    /// Forgets what was answered about something, also what is being asked right now: it may be
    /// answered with what was before.
    pub(super) fn forget(&self, subject: &str) {
        let mut state = self.state();
        state.answers.retain(|(about, _), _| about != subject);
        state.changed.insert(subject.to_owned());
    }

    /// Forgets everything.
    pub(super) fn forget_all(&self) {
        let mut state = self.state();
        let State { answers, changed } = &mut *state;
        changed.extend(std::mem::take(answers).into_keys().map(|(subject, _)| subject));
    }

    fn state(&self) -> MutexGuard<'_, State<V>> {
        // Nothing is left half done by a panic: each use is one step.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
