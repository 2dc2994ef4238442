//! An object store whose calls wait for their turn, and whoever gives turns.

use std::{
    fmt,
    future::poll_fn,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
};

use async_trait::async_trait;
use futures::{FutureExt as _, StreamExt as _, stream::BoxStream};
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, path::Path,
};

/// Whether somebody waits for a turn.
#[derive(Clone, Debug, Default)]
pub(crate) struct Turn(Arc<AtomicBool>);

impl Turn {
    /// Waits for it.
    pub(crate) async fn wait(&self) {
        let mut asked = false;
        poll_fn(|_| {
            if std::mem::replace(&mut asked, true) {
                return Poll::Ready(());
            }
            self.0.store(true, Ordering::Relaxed);
            Poll::Pending
        })
        .await;
    }

    fn is_awaited(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

/// Somebody at work.
pub(crate) struct Worker<'a> {
    pub(crate) name: usize,
    pub(crate) turn: Turn,
    pub(crate) work: Pin<Box<dyn Future<Output = ()> + 'a>>,
}

impl Worker<'_> {
    /// Gives one turn, and waits until the next is asked for: a call that was begun is seen to its
    /// end. Whether that was the last.
    pub(crate) async fn step(&mut self) -> bool {
        poll_fn(|context| match self.work.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(true),
            Poll::Pending if self.turn.is_awaited() => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        })
        .await
    }
}

/// An object store in which each call waits for its turn.
#[derive(Debug)]
pub(crate) struct InTurns {
    pub(crate) objects: Arc<dyn ObjectStore>,
    pub(crate) turn: Turn,
}

impl fmt::Display for InTurns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, in turns", self.objects)
    }
}

#[async_trait]
impl ObjectStore for InTurns {
    async fn put_opts(&self, to: &Path, bytes: PutPayload, how: PutOptions) -> Result<PutResult> {
        self.turn.wait().await;
        self.objects.put_opts(to, bytes, how).await
    }

    async fn put_multipart_opts(
        &self,
        to: &Path,
        how: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.turn.wait().await;
        self.objects.put_multipart_opts(to, how).await
    }

    async fn get_opts(&self, from: &Path, how: GetOptions) -> Result<GetResult> {
        self.turn.wait().await;
        self.objects.get_opts(from, how).await
    }

    /// Without a turn of its own: that a deletion ends before the lease does is what the lease's
    /// margin is for.
    fn delete_stream(
        &self,
        paths: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.objects.delete_stream(paths)
    }

    fn list(&self, below: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (turn, listed) = (self.turn.clone(), self.objects.list(below));
        let listing = async move {
            turn.wait().await;
            listed
        };
        listing.flatten_stream().boxed()
    }

    async fn list_with_delimiter(&self, below: Option<&Path>) -> Result<ListResult> {
        self.turn.wait().await;
        self.objects.list_with_delimiter(below).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, how: CopyOptions) -> Result<()> {
        self.turn.wait().await;
        self.objects.copy_opts(from, to, how).await
    }
}
