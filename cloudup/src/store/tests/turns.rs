//! A backend whose calls wait for their turn, and whoever gives turns.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use async_trait::async_trait;
use object_store::Error;

use crate::store::{
    Store,
    backend::{Backend, Object, Version},
};

#[derive(Debug)]
struct Turns(Arc<dyn Backend>);

/// A store in which each call waits until its future is polled once more.
pub(super) fn in_turns(store: &Store) -> Store {
    Store { backend: Arc::new(Turns(store.backend.clone())), name: store.name.clone() }
}

#[async_trait]
impl Backend for Turns {
    async fn get(&self, key: &str) -> Result<Option<Object>, Error> {
        turn().await;
        self.0.get(key).await
    }

    async fn put(
        &self,
        key: &str,
        bytes: Vec<u8>,
        over: Option<&Version>,
    ) -> Result<Version, Error> {
        turn().await;
        self.0.put(key, bytes, over).await
    }

    /// Without a turn of its own: that a call ends before the lease does is what its margin is for.
    async fn delete(&self, key: &str) -> Result<(), Error> {
        self.0.delete(key).await
    }

    async fn list(&self, folder: &str) -> Result<Vec<String>, Error> {
        turn().await;
        self.0.list(folder).await
    }
}

pub(super) async fn turn() {
    let mut waited = false;
    std::future::poll_fn(|_| {
        if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// Somebody at work.
pub(super) type Work<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Gives one turn. Whether that was the last.
pub(super) fn poll(work: &mut Work<'_>) -> bool {
    work.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
}
