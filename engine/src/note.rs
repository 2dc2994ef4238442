//! What a task has to say to people.

use std::{cell::RefCell, mem};

tokio::task_local! {
    static NOTES: RefCell<Vec<String>>;
}

/// Adds a sentence to the report's entry of the task that is running: what a reader of the plan
/// or the report should know besides the change itself. Outside a task's turn it does nothing.
///
/// Notes of a try that failed and is made again are dropped with it.
pub fn note(text: impl Into<String>) {
    let _ = NOTES.try_with(|notes| notes.borrow_mut().push(text.into()));
}

/// Runs `turn` and hands over what was noted in it.
pub(crate) async fn noted<F: Future>(turn: F) -> (F::Output, Vec<String>) {
    let whole = async {
        let output = turn.await;
        let notes = NOTES.with(|notes| mem::take(&mut *notes.borrow_mut()));
        (output, notes)
    };
    NOTES.scope(RefCell::default(), whole).await
}
