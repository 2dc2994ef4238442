//! What a task is: one thing that should exist, and how to find it, judge it and make it so.

use std::{fmt, time::Duration};

use crate::{Diff, ErrorKind, FieldChange, TaskError};

/// The outside that tasks read and write, a cloud account for instance.
pub trait Provider: 'static {
    /// The half that only reads. A plan is given nothing else, so it cannot write.
    type Reader: ?Sized + Send + Sync;
    /// The half that writes.
    type Writer: ?Sized + Send + Sync;

    /// Whoever may write may read.
    fn reader(writer: &Self::Writer) -> &Self::Reader;
}

/// The reading half of a task's provider.
pub type Reader<T> = <<T as Task>::Provider as Provider>::Reader;

/// The writing half of a task's provider.
pub type Writer<T> = <<T as Task>::Provider as Provider>::Writer;

/// Something that should exist, described in full.
///
/// The struct that implements this is what was asked for. [`find`](Task::find) returns
/// another value of it, for what is there, and the engine compares the two.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a task",
    note = "a task derives `Diff` and says how to `find` and `render` itself"
)]
pub trait Task: Diff + fmt::Debug + Send + Sync + 'static {
    /// The kind of thing, as plans and overrides spell it: `IAMRole`.
    const KIND: &'static str;

    /// A kind whose lifecycle rules also apply to this one, unless a rule names this kind itself.
    const FOLLOWS: Option<&'static str> = None;

    /// Whether an update leaves [`Output`](Task::Output) as it was. A launch template's
    /// does not: its version moves, so what depends on it must be planned as changing.
    const OUTPUT_SURVIVES_UPDATE: bool = true;

    /// How long a turn usually takes. Tasks on the longest path, by this measure, go first.
    const EXPECTED_DURATION: Duration = Duration::from_millis(200);

    /// Where the thing lives.
    type Provider: Provider;

    /// What others may know about it once it exists.
    type Output: Clone + fmt::Debug + Send + Sync + 'static;

    /// The thing's own name, unique among its kind.
    fn name(&self) -> &str;

    /// Looks for the thing. `None` means it is not there.
    fn find(
        &self,
        reader: &Reader<Self>,
    ) -> impl Future<Output = Result<Option<Found<Self>>, TaskError>> + Send;

    /// Refuses changes that cannot be made, before anything is called. Fields marked
    /// `#[diff(immutable)]` are refused already. Asked in a plan and in an apply, and only where
    /// the lifecycle says that the change is to be made.
    fn check_changes(&self, _change: &Change<'_, Self>) -> Result<(), TaskError> {
        Ok(())
    }

    /// Makes the thing be as described.
    fn render(
        &self,
        writer: &Writer<Self>,
        change: Change<'_, Self>,
    ) -> impl Future<Output = Result<Self::Output, TaskError>> + Send;

    /// Looks for things of ours that are there beside this one and no longer wanted, in the order
    /// in which they must be deleted. Never changes anything.
    fn strays(
        &self,
        _reader: &Reader<Self>,
        _found: Option<&Found<Self>>,
    ) -> impl Future<Output = Result<Vec<Stray>, TaskError>> + Send {
        async { Ok(Vec::new()) }
    }

    /// Deletes one thing that [`strays`](Task::strays) listed. A thing that is gone already has
    /// been deleted: that is a success.
    fn delete(
        &self,
        _writer: &Writer<Self>,
        stray: &Stray,
    ) -> impl Future<Output = Result<(), TaskError>> + Send {
        let error = TaskError::new(
            ErrorKind::Invalid,
            format!("{} does not know how to delete {}/{}", Self::KIND, stray.kind, stray.name),
        );
        async { Err(error) }
    }
}

/// What [`Task::find`] found.
#[derive(Clone, Debug)]
pub struct Found<T: Task> {
    /// The thing as it is.
    pub state: T,
    /// What others may know about it.
    pub output: T::Output,
}

/// Something of ours that is there and no longer wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct Stray {
    /// Its kind, which may differ from the kind of the task that found it.
    pub kind: &'static str,
    /// Its name, unique among its kind.
    pub name: String,
    /// What goes with it: each field with what is there now (`from`) and nothing asked for.
    pub fields: Vec<FieldChange>,
    /// Whether it is kept until the run is told to prune.
    pub deferred: bool,
}

/// What [`Task::render`] is to do.
#[derive(Debug)]
pub enum Change<'a, T: Task> {
    /// There is nothing there.
    Create,
    /// There is something there, and it differs.
    Update {
        /// What is there.
        found: &'a Found<T>,
        /// How it differs.
        changes: T::Changes<'a>,
        /// The strays that the lifecycle lets go. They are deleted after this, one by one; a
        /// render that has no room without it may delete one of them first.
        strays: &'a [Stray],
    },
}

/// What a run does about the changes it decides on.
#[derive(Debug)]
pub enum Target<'p, P: Provider> {
    /// Says what it would do. It could do nothing else: it holds no way to.
    DryRun(&'p P::Reader),
    /// Does it.
    Apply(&'p P::Writer),
}

impl<'p, P: Provider> Target<'p, P> {
    pub(crate) fn reader(&self) -> &'p P::Reader {
        match self {
            Self::DryRun(reader) => reader,
            Self::Apply(writer) => P::reader(writer),
        }
    }
}
