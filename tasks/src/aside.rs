//! What a task carries besides the fields that are compared.

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use cloudup_engine::Field;
use serde_json::Value;

/// Something that a task needs and nobody compares or shows.
#[derive(Clone, Default)]
pub(crate) struct Aside<T>(pub(crate) T);

impl<T> Field for Aside<T> {
    fn same(_: &Self, _: &Self) -> bool {
        true
    }

    fn show(&self) -> Value {
        Value::Null
    }
}

impl<T: fmt::Debug> fmt::Debug for Aside<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What `find` saw on its way, for `check_changes` and `render`: where there is nothing yet, no
/// found state can carry it to them.
#[derive(Debug, Default)]
pub(crate) struct Seen<T>(Mutex<T>);

impl<T: Clone> Seen<T> {
    pub(crate) fn set(&self, seen: T) {
        *self.lock() = seen;
    }

    pub(crate) fn get(&self) -> T {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, T> {
        // A value is replaced as a whole, so a panic leaves a whole one.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Clone> Clone for Seen<T> {
    fn clone(&self) -> Self {
        Self(Mutex::new(self.get()))
    }
}
